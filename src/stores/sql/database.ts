/**
 * The tables as Kysely sees them: one schema for every SQL engine.
 *
 * Everything in this folder is written once for all engines. A function that changes something
 * takes a `Kysely<Database>` which IS inside a transaction; the engine begins and commits it. An
 * engine that runs transactions at the same time honours `forUpdate()` and runs the function again
 * when it fails on a unique constraint or on serialization; an engine with one writer leaves locks
 * out (its compiler does).
 *
 * Rows are locked in one order: lease, account, bucket, domain, certificate, object (by key),
 * counters. What a rule reads is read after the row it hangs on is locked. Changes of objects share
 * their bucket (`forKeyShare()`): only its removal keeps them out, and waits for those under way.
 *
 * Times are epoch milliseconds, truths are 0 or 1, headers and details are JSON text.
 */
import type { Generated, Kysely } from 'kysely';

export interface Database {
  accounts: AccountTable;
  identities: IdentityTable;
  members: MemberTable;
  policies: PolicyTable;
  attachments: AttachmentTable;
  credentials: CredentialTable;
  buckets: BucketTable;
  bucket_documents: BucketDocumentTable;
  bucket_counters: BucketCounterTable;
  objects: ObjectTable;
  garbage: GarbageTable;
  announced_blobs: AnnouncedBlobTable;
  leases: LeaseTable;
  cname_tokens: CnameTokenTable;
  cnames: CnameTable;
  departed_cnames: DepartedCnameTable;
  certificates: CertificateTable;
  audit: AuditTable;
  changes: ChangeTable;
  counters: CounterTable;
  settings: SettingTable;
}

export type Sql = Kysely<Database>;

export interface AccountTable {
  id: string;
  name: string;
  standing: string;
  created_at: number;
}

export interface CredentialTable {
  access_key_id: string;
  account_id: string;
  secret_sealed: string;
  standing: string;
  created_at: number;
  /** Of a user; else the key is the account's own. */
  user_id: string | null;
}

/** Users, groups and roles of accounts. */
export interface IdentityTable {
  id: string;
  account_id: string;
  kind: string;
  name: string;
  standing: string;
  /** Of roles. */
  trust_policy: string | null;
  session_seconds_max: number | null;
  sessions_from: number;
  created_at: number;
}

export interface MemberTable {
  user_id: string;
  group_id: string;
}

export interface PolicyTable {
  account_id: string;
  name: string;
  document: string;
  created_at: number;
}

/** A policy of the account, or one that every account has: then there is no row of `policies`. */
export interface AttachmentTable {
  identity_id: string;
  policy_name: string;
}

export interface BucketTable {
  /** Never given twice. */
  id: Generated<number>;
  name: string;
  account_id: string;
  acl: string;
  storage_class: string;
  redundancy: string;
  /** Names of its documents, ascending, with commas between. */
  documents: string;
  /** `Enabled`, `Suspended`, or empty while it never had versions. */
  versioning: string;
  created_at: number;
  /** What releases before `bucket_counters` counted; part of the sum, and changed no more. */
  object_count: number;
  storage_bytes: number;
  modified_at: number;
}

/** A part of a bucket's counters, changed by every transaction that changes an object of it. */
export interface BucketCounterTable {
  bucket_id: number;
  shard: number;
  object_count: number;
  storage_bytes: number;
  modified_at: number;
}

export interface BucketDocumentTable {
  bucket_id: number;
  name: string;
  text: string;
}

export interface ObjectTable {
  bucket_id: number;
  /** UTF-8 bytes: their order is the listing's order, and NUL is a byte like any other. */
  key: Buffer;
  blob_id: string;
  size: number;
  etag: string;
  content_md5: string | null;
  crc64: string;
  type: string;
  acl: string;
  storage_class: string;
  modified_at: number;
  headers: string;
  metadata: string;
}

/** Blobs which no key points to any more, until the sweeper has removed them. */
export interface GarbageTable {
  blob_id: string;
  freed_at: number;
}

/** Blobs whose bytes are on their way to a store that several nodes share. */
export interface AnnouncedBlobTable {
  blob_id: string;
  announced_at: number;
}

/** Jobs that one node must do at a time; times are the database's where it has a clock. */
export interface LeaseTable {
  name: string;
  holder: string;
  /** Of the last take. */
  fence: number;
  expires_at: number;
  done_at: number;
}

export interface CnameTokenTable {
  bucket_id: number;
  domain: string;
  token: string;
  created_at: number;
  expires_at: number;
}

export interface CnameTable {
  /** Primary key: a domain has one owner. */
  domain: string;
  bucket_id: number;
  account_id: string;
  type: string;
  is_purge_cdn_cache: number;
  mapped_at: number;
  certificate_number: number | null;
  binding_type: string | null;
  bound_at: number | null;
}

/** What the old bucket still lists, as Disabled, of a domain that moved away. */
export interface DepartedCnameTable {
  bucket_id: number;
  domain: string;
  account_id: string;
  type: string;
  is_purge_cdn_cache: number;
  mapped_at: number;
  departed_at: number;
}

export interface CertificateTable {
  /** Never given twice. */
  number: Generated<number>;
  account_id: string;
  fingerprint256: string;
  fingerprint: string;
  chain_pem: string;
  key_sealed: string;
  valid_from: number;
  valid_to: number;
  created_at: number;
}

export interface AuditTable {
  sequence: Generated<number>;
  at: number;
  action: string;
  account_id: string;
  access_key_id: string;
  remote_address: string;
  request_id: string;
  owner_id: string;
  domain: string;
  bucket: string;
  detail: string;
}

/** The last change of each subject there ever was, so that a node asks "what since N?". */
export interface ChangeTable {
  kind: string;
  name: string;
  revision: number;
}

export interface CounterTable {
  name: string;
  value: number;
}

export interface SettingTable {
  name: string;
  value: string;
}
