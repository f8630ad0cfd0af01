import type { Accounts } from '../accounts/index.ts';
import type { Authenticator } from '../auth/index.ts';
import type {
  BucketDocuments,
  Buckets,
  Objects,
  TlsRestriction,
  Uploads,
} from '../buckets/index.ts';
import type { Callbacks } from '../callbacks/index.ts';
import type { Certificates } from '../certificates/index.ts';
import type { Cnames } from '../cname/index.ts';
import type { Images } from '../images/index.ts';
import type { Mirrors } from '../mirroring/index.ts';
import type { PolicyShelf } from '../rights/index.ts';
import type { World } from '../world/index.ts';

/** The rooms an operation may call, wired once by server.ts. */
export interface Services {
  readonly world: World;
  readonly accounts: Accounts;
  readonly authenticator: Authenticator;
  readonly buckets: Buckets;
  readonly objects: Objects;
  readonly uploads: Uploads;
  readonly documents: BucketDocuments;
  readonly policies: PolicyShelf;
  readonly cnames: Cnames;
  readonly certificates: Certificates;
  readonly callbacks: Callbacks;
  readonly mirrors: Mirrors;
  readonly images: Images;
  readonly settings: ApiSettings;
}

/** Facts of the installation that answers show. */
export interface ApiSettings {
  /** `cn-hangzhou` */
  readonly region: string;
  /** `host:port` that clients can reach, for ListBuckets and GetBucketInfo. */
  readonly publicEndpoint: string;
  /** What is spoken there; with both listeners on, http. */
  readonly publicScheme: 'http' | 'https';
  readonly isForceDownload: boolean;
  /** Between the request to restore an archived object and its being readable. */
  readonly restoreDelayMs: number;
  /** Whether connections under this restriction can be had at all. */
  canSpeak(restriction: TlsRestriction): boolean;
}
