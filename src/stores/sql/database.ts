/**
 * The tables as Kysely sees them: one schema for every SQL engine.
 *
 * Everything in this folder is written once for all engines. A function that changes something
 * takes a `Kysely<Database>` which IS inside a transaction; the engine begins and commits it. An
 * engine that runs transactions at the same time honours `forUpdate()` and runs the function again
 * when it fails on a unique constraint or on serialization; an engine with one writer leaves locks
 * out (its compiler does).
 *
 * Rows are locked in one order: lease, account, bucket, domain, certificate, upload, object (by
 * key), counters. What a rule reads is read after the row it hangs on is locked. Changes of objects
 * share their bucket (`forKeyShare()`): only its removal, or a change of its versioning, keeps them
 * out, and waits for those under way.
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
  object_versions: ObjectVersionTable;
  content_parts: ContentPartTable;
  uploads: UploadTable;
  upload_parts: UploadPartTable;
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
  /** Objects and older versions of any class; delete markers are not among them. */
  object_count: number;
  storage_bytes: number;
  marker_count: Generated<number>;
  upload_count: Generated<number>;
  /** Of unfinished uploads. */
  part_count: Generated<number>;
  ia_count: Generated<number>;
  ia_bytes: Generated<number>;
  archive_count: Generated<number>;
  archive_bytes: Generated<number>;
  cold_archive_count: Generated<number>;
  cold_archive_bytes: Generated<number>;
  deep_cold_archive_count: Generated<number>;
  deep_cold_archive_bytes: Generated<number>;
  modified_at: number;
}

export interface BucketDocumentTable {
  bucket_id: number;
  name: string;
  text: string;
}

/** What keys point to: of each key one object at most, the newest version. */
export interface ObjectTable {
  bucket_id: number;
  /** UTF-8 bytes: their order is the listing's order, and NUL is a byte like any other. */
  key: Buffer;
  /** The blob, or of `parts` the content that parts belong to, or of `none` a name for nothing. */
  blob_id: string;
  content: string;
  version_id: string;
  /** Counts the versions of a key in the order they were made. */
  sequence: number;
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
  /** JSON, or null when there is nothing in it. */
  extras: string | null;
}

/**
 * Versions that no key points to: older ones, and delete markers. A key whose newest version is
 * here points to nothing: that one is a marker.
 */
export interface ObjectVersionTable extends Omit<ObjectTable, 'blob_id'> {
  is_marker: number;
  /** Null while it is the newest. */
  noncurrent_at: number | null;
  /** Null of a marker. */
  blob_id: string | null;
}

/** Contents made of several blobs, none of them empty. */
export interface ContentPartTable {
  content_id: string;
  start: number;
  size: number;
  blob_id: string;
  iv: string | null;
}

export interface UploadTable {
  upload_id: string;
  bucket_id: number;
  key: Buffer;
  initiated_at: number;
  /** JSON */
  facts: string;
}

export interface UploadPartTable {
  upload_id: string;
  number: number;
  blob_id: string;
  size: number;
  etag: string;
  crc64: string;
  modified_at: number;
  iv: string | null;
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
