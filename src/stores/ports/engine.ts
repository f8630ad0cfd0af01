import type { AccountStore } from './accounts.ts';
import type { AuditStore } from './audit.ts';
import type { BucketStore } from './buckets.ts';
import type { CertificateStore } from './certificates.ts';
import type { ChangeFeed } from './changes.ts';
import type { CnameStore } from './cnames.ts';
import type { IdentityStore } from './identities.ts';
import type { Inspection } from './inspection.ts';
import type { LeaseStore } from './leases.ts';
import type { ObjectIndex } from './objects.ts';
import type { RowStore } from './rows.ts';
import type { Reach, SeenReads, ServingReads } from './serving.ts';
import type { UploadStore } from './uploads.ts';

/** One metadata engine: every port over one database, so that atomic rules may span tables. */
export interface MetadataEngine {
  readonly accounts: AccountStore;
  readonly identities: IdentityStore;
  readonly buckets: BucketStore;
  readonly objects: ObjectIndex;
  readonly uploads: UploadStore;
  readonly cnames: CnameStore;
  readonly certificates: CertificateStore;
  readonly audit: AuditStore;
  readonly settings: SettingStore;
  readonly changes: ChangeFeed;
  /** The tables as `cnamed check` reads them. */
  readonly inspection: Inspection;
  readonly leases: LeaseStore;
  /** All of it as rows, for a copy to another engine. */
  readonly rows: RowStore;
  /** What serving asks at every request; on an engine far away mostly answered from memory. */
  readonly serving: ServingReads;
  /** `undefined` on an engine that cannot be asked at once. */
  readonly seen: SeenReads | undefined;
  readonly reach: Reach;
  /** Finishes what was begun and lets go of the database. */
  close(): Promise<void>;
}

/** Small facts of the installation: root account id, check value of the master key. */
export interface SettingStore {
  findSetting(name: string): Promise<string | undefined>;
  /** Stores `value` unless the name is taken; returns the value that now stands. Atomic. */
  ensureSetting(name: string, value: string): Promise<string>;
  setSetting(name: string, value: string): Promise<void>;
}

/**
 * The engine could not do it, and nothing was acknowledged. `reason` is for the log and for
 * choosing the status: `full` no space left, `closed` shutting down or stopped after a failed
 * write, `failed` anything else.
 */
export class StoreUnavailable extends Error {
  readonly reason: 'full' | 'closed' | 'failed';
  constructor(reason: 'full' | 'closed' | 'failed', message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'StoreUnavailable';
    this.reason = reason;
  }
}
