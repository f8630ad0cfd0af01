import type { AccountStore } from './accounts.ts';
import type { Bucket, BucketDocumentName, BucketStore } from './buckets.ts';
import type { CertificateStore, StoredCertificate } from './certificates.ts';
import type { CnameStore, MappedDomain } from './cnames.ts';
import type { IdentityStore } from './identities.ts';
import type { ObjectIndex, StoredObject } from './objects.ts';

/**
 * The reads that every request and every handshake needs, under a weaker law than the stores of the
 * same names, so that an engine far away may answer them from memory:
 *
 * - what this process changed, the next read sees; so does it what a sibling (another worker of
 *   this server) changed, once that is acknowledged. What any other process changed in a database
 *   of this machine, the next turn of the event loop sees;
 * - what another node changed is seen within 1 s (p99), and within 10 s whatever messages are lost
 *   (DESIGN ruling 12);
 * - while the engine cannot be reached, what is known is answered on; what is not rejects with
 *   `StoreUnavailable`.
 *
 * Whoever decides about a change asks the stores themselves.
 */
export interface ServingReads {
  readonly findDomain: CnameStore['findDomain'];
  findBucket(name: string): Promise<Bucket | undefined>;
  readonly findBucketDocument: BucketStore['findBucketDocument'];
  /**
   * Whether some bucket may have a document of this name: at once, and so true as long as that is
   * not known. Never throws.
   */
  mayHaveDocument(name: BucketDocumentName): boolean;
  readonly findCredential: AccountStore['findCredential'];
  readonly findGrants: IdentityStore['findGrants'];
  readonly findCertificate: CertificateStore['findCertificate'];
  /**
   * Rows of objects change without notice to other nodes, so the engine is asked every time, and
   * the answer is as fresh as the store's. Only while the engine cannot be reached, a row is
   * answered from memory if the engine confirmed it within the minute before contact was lost, and
   * this process has not changed the key since. An object that another node replaced, removed or
   * made private in that minute or later is then still the old one; its bytes are the old ones or
   * are missing, never those of another object.
   */
  readonly findObject: ObjectIndex['findObject'];
}

/** What a read gave; as long as a read would give the same again, it gives this very `value`. */
export interface Seen<Value> {
  readonly value: Value;
}

/**
 * Reads of an engine in this process, for whoever keeps what it made from them: it can ask at once,
 * and far cheaper than by reading, whether all of it still stands. Each throws `StoreUnavailable`.
 */
export interface SeenReads {
  domain(domain: string): Seen<MappedDomain> | undefined;
  certificate(number: number): Seen<StoredCertificate> | undefined;
  object(bucketId: number, key: string): Seen<StoredObject> | undefined;
  document(bucketId: number, name: BucketDocumentName): Seen<string> | undefined;
  /** Another number after every commit of anybody, in this process or another. */
  moment(): number;
  /**
   * Whether reads that begin now would give the values of all of these: commits that were
   * acknowledged before have changed none of them. Never throws.
   */
  stand(seen: readonly Seen<unknown>[]): boolean;
}

/** Whether the engine answers, for readiness. */
export interface Reach {
  /** Milliseconds since the engine last answered; 0 for one that is in this process. */
  silentForMs(): number;
  /**
   * Calls `listener` with the domains that another node has mapped, rebound, moved or unmapped, as
   * soon as `ServingReads` answers so; `any` when it cannot be told which. Returns what ends it.
   */
  onDomainsChanged(listener: (domains: readonly string[] | 'any') => void): () => void;
}
