import type { Instant } from '../../world/index.ts';

/** Who did something, and from where; written with every change to a domain or session taken. */
export interface AuditActor {
  readonly accountId: string;
  /** Access key of the caller; empty for the operator's command line. */
  readonly accessKeyId: string;
  readonly remoteAddress: string;
  readonly requestId: string;
}

/** One line of the append-only record (security.md 7.9). Never holds a private key. */
export interface AuditRecord extends AuditActor {
  readonly sequence: number;
  readonly at: Instant;
  /**
   * `CreateCnameToken`, `PutCname`, `DeleteCname`, `DeleteBucket`, `TransferCname`, `AssumeRole`.
   */
  readonly action: string;
  /** The account whose record this is: a transfer writes one for each side. */
  readonly ownerId: string;
  readonly domain: string;
  readonly bucket: string;
  /** Facts of the action, e.g. certificate fingerprint, proof evidence, previous owner. */
  readonly detail: Readonly<Record<string, unknown>>;
}

export interface AuditStore {
  /** Newest first. There is no method that changes or removes a record. */
  listAudit(filter: {
    domain?: string;
    ownerId?: string;
    before?: number;
    limit: number;
  }): Promise<AuditRecord[]>;
  /** For refusals worth keeping (a proof that failed); changes write theirs in their own step. */
  appendAudit(record: Omit<AuditRecord, 'sequence'>): Promise<void>;
}
