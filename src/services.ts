/** Builds the rooms of a server over its engines and wires them to one another. */

import type { Services } from './api/index.ts';
import { createAuthenticator } from './auth/index.ts';
import {
  createBucketDocuments,
  createBuckets,
  createContentKeys,
  createObjects,
  createUploads,
} from './buckets/index.ts';
import { createCallbacks } from './callbacks/index.ts';
import { createCertificates } from './certificates/index.ts';
import {
  type CnameRules,
  createCnames,
  createOwnershipProofs,
  createScreens,
} from './cname/index.ts';
import type { Config } from './config/index.ts';
import { createAddressLookup, createTxtResolver } from './dns/index.ts';
import type { Engines } from './engines.ts';
import { createImages } from './images/index.ts';
import type { Log } from './log.ts';
import { createMirrors } from './mirroring/index.ts';
import { createAllowList, createDialer, type Dialer } from './outbound/index.ts';
import { createPolicyShelf } from './rights/index.ts';
import { restrictProfile } from './tls/index.ts';
import type { World } from './world/index.ts';

/** custom-domain.md 3.1 */
const tokensPerBucketMax = 1_000;

export interface ServiceParts {
  readonly engines: Engines;
  readonly config: Config;
  readonly world: World;
  readonly log: Log;
}

/** What the rooms must ask of whoever serves. */
export interface ServiceHooks {
  /** Counts a question of DNS against the limit of an account; 0, or the seconds to wait. */
  takeQuestion(accountId: string): number | Promise<number>;
  /**
   * The domain now shows a certificate of this account, or none: when it has resolved, no session
   * made with another is resumed.
   */
  domainIsOf(domain: string, accountId: string | undefined): Promise<void>;
  /** `host[:port]` that clients are told to call next. */
  publicEndpoint(): string;
}

/** The only way out to addresses that clients name (security.md 7.8). */
function openDialer(config: Config, world: World): Dialer {
  return createDialer({
    lookup: createAddressLookup(config.dnsServers),
    allowed: createAllowList(config.outboundAllow),
    world,
  });
}

function cnameRules(config: Config): CnameRules {
  return {
    ownership: config.ownership,
    allowList: config.ownershipAllowList,
    tokenLifetimeMs: config.tokenLifetimeMs,
    cnamesPerBucketMax: config.cnamesPerBucketMax,
    tokensPerBucketMax,
    transfer: config.transfer,
    endpoints: config.endpoints,
  };
}

export async function createServices(
  { engines, config, world, log }: ServiceParts,
  hooks: ServiceHooks,
): Promise<Services> {
  const { metadata, blobs, sealer, accounts } = engines;
  const rules = cnameRules(config);
  const dns = createTxtResolver({
    servers: config.dnsServers.length > 0 ? config.dnsServers : undefined,
    world,
    budgetMs: config.ownershipTimeoutMs,
  });
  const screens = await createScreens({
    forbiddenLists: config.forbiddenLists,
    riskLists: config.riskLists,
    licenseRegistry: config.licenseRegistry,
    rules,
    world,
    report: (notice) => log[notice.event === 'read' ? 'info' : 'warn'](notice, 'list of names'),
  });
  const { cnames, certificates, audit, serving, seen } = metadata;
  const { region } = config;
  const keys = createContentKeys(sealer, world.random);
  const dialer = openDialer(config, world);
  const objects = createObjects({ objects: metadata.objects, serving, blobs, keys, world });
  return {
    world,
    accounts,
    authenticator: createAuthenticator({ accounts, world, regions: [region] }),
    callbacks: createCallbacks({
      dialer,
      settings: metadata.settings,
      sealer,
      digest: config.callbackDigest,
    }),
    images: createImages(),
    settings: {
      publicScheme: config.http === 'off' ? 'https' : 'http',
      region,
      isForceDownload: config.isForceDownload,
      restoreDelayMs: config.restoreDelayMs,
      canSpeak: (restriction) => restrictProfile(restriction) !== undefined,
      get publicEndpoint() {
        return hooks.publicEndpoint();
      },
    },
    buckets: createBuckets({
      engine: metadata,
      world,
      isPublicAccessBlocked: config.isPublicAccessBlocked,
      async onDomainsReleased(domains) {
        for (const domain of domains) await hooks.domainIsOf(domain, undefined);
      },
    }),
    objects,
    mirrors: createMirrors({ dialer, objects, world }),
    uploads: createUploads({
      uploads: metadata.uploads,
      objects: metadata.objects,
      blobs,
      keys,
      world,
    }),
    documents: createBucketDocuments({ buckets: metadata.buckets, serving }),
    policies: createPolicyShelf(),
    certificates: createCertificates({ certificates, serving, seen, sealer, region, world }),
    cnames: createCnames({
      cnames,
      serving,
      audit,
      ownership: createOwnershipProofs({
        cnames,
        dns,
        rules,
        takeQuestion: (accountId) => hooks.takeQuestion(accountId),
      }),
      screens,
      rules,
      world,
      onOwnerChanged: hooks.domainIsOf,
    }),
  };
}
