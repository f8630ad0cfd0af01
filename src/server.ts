/**
 * The only file that knows every room: builds engines and rooms, wires them, starts the listeners,
 * stops in reverse order. Decides nothing that a room could decide.
 */
import { type AccessLog, createAccessLog } from './access-log/index.ts';
import type { NewAccessKey } from './accounts/index.ts';
import { renderError, type Services } from './api/index.ts';
import { createAuthenticator } from './auth/index.ts';
import {
  createBucketDocuments,
  createBuckets,
  createContentKeys,
  createObjects,
  createUploads,
  tlsRestrictionOf,
} from './buckets/index.ts';
import { createCallbacks } from './callbacks/index.ts';
import { createCertificates } from './certificates/index.ts';
import {
  type CnameRules,
  createCnames,
  createOwnershipProofs,
  createScreens,
} from './cname/index.ts';
import { type Config, nodeNameOf } from './config/index.ts';
import { createAddressLookup, createTxtResolver } from './dns/index.ts';
import { databaseOf, type Engines, openEngines } from './engines.ts';
import { createHostResolver } from './hosts/index.ts';
import {
  connectionsWithin,
  createHttpListener,
  type HttpListener,
  type ListenerAddress,
  type ListenerOptions,
} from './http/index.ts';
import { createImages } from './images/index.ts';
import { keepLifecycle } from './lifecycle.ts';
import { type Log, type OpenLog, openLog } from './log.ts';
import { createMirrors } from './mirroring/index.ts';
import { createHealth, createOperatorListener, type Health } from './operator/index.ts';
import { createAllowList, createDialer, type Dialer } from './outbound/index.ts';
import { createPipeline } from './pipeline.ts';
import { createPolicyShelf } from './rights/index.ts';
import { createSts } from './sts/index.ts';
import { keepSwept } from './sweeps.ts';
import {
  createListenerOptions,
  createRestrictions,
  createSniContexts,
  createTicketKeys,
  type DefaultCertificate,
  restrictProfile,
  type TlsRestriction,
} from './tls/index.ts';
import type { World } from './world/index.ts';

export interface RunningServer {
  /** The addresses as bound; undefined for a listener that is off. */
  readonly addresses: {
    readonly http: ListenerAddress | undefined;
    readonly https: ListenerAddress | undefined;
    readonly console: ListenerAddress | undefined;
  };
  readonly rootAccountId: string;
  /** Set once in the life of an installation: the root key made at first start. */
  readonly generatedKey: NewAccessKey | undefined;
  /** The rooms behind the sockets; for tests. */
  readonly rooms: Services & { readonly engines: Engines };
  /**
   * Readiness turns red; after the drain delay, or as soon as `hurry` says so, stops accepting,
   * lets running requests finish (30 s at most), closes the stores.
   */
  stop(hurry?: AbortSignal): Promise<void>;
  /**
   * After a fault that nothing caught: logs it and cuts every connection. The process must end
   * then; the stores need no closing (security.md 10.1).
   */
  fall(problem: unknown): Promise<void>;
}

/** security.md 10.2 */
const drainMs = 30_000;
/**
 * A node whose database has been silent for so long is unfit, although it goes on serving what it
 * knows (security.md 9.3).
 */
const silenceMaxMs = 60_000;
/** DESIGN section 2. */
const consoleDefault = { host: '127.0.0.1', port: 9081 } as const;
/** custom-domain.md 3.1 */
const tokensPerBucketMax = 1_000;

/** Resolves when every listener accepts. Rejects with a message for people, everything closed. */
export async function startServer(config: Config, world: World): Promise<RunningServer> {
  const node = nodeNameOf(config);
  const opened = openLog(config.logLevel, process.stderr.isTTY === true, node, world);
  const health = createHealth(node);
  // First to accept and last to stop, so that whoever asks how this node is, is told.
  const operator =
    config.console === 'off'
      ? undefined
      : createOperatorListener(config.console ?? consoleDefault, health, {
          world,
          onFault: (err, requestId) => opened.log.error({ err, requestId }, 'fault'),
        });
  const stopOperator = async (): Promise<void> => operator?.drain(0);
  try {
    const consoleAddress = await operator?.start().catch((err: unknown) => {
      // Nobody asked for it: another server on this machine is no reason not to start.
      if (config.console !== undefined) throw err;
      opened.log.warn({ err }, 'no /live and /ready; set CNAMED_CONSOLE to another address');
      return undefined;
    });
    const around: Around = { config, world, opened, health, consoleAddress, stopOperator };
    return await startOn(await openForServing(around), around);
  } catch (error) {
    await stopOperator();
    await opened.flush();
    throw error;
  }
}

/** What is there before the engines are open, and after they are closed. */
interface Around {
  readonly config: Config;
  readonly world: World;
  readonly opened: OpenLog;
  readonly health: Health;
  readonly consoleAddress: ListenerAddress | undefined;
  stopOperator(): Promise<void>;
}

/** The engines, with what `/ready` says of them. */
async function openForServing({ config, world, opened, health }: Around): Promise<Engines> {
  const engines = await openEngines(config, world, {
    isServer: true,
    onDamage: (message) => {
      opened.log.fatal(message);
      health.watch('writes', () => message);
    },
  });
  const { reach } = engines.metadata;
  health.watch('database', () => {
    const silentMs = reach.silentForMs();
    if (silentMs <= silenceMaxMs) return undefined;
    return `The database has not answered for ${Math.floor(silentMs / 1_000)} s.`;
  });
  return engines;
}

async function startOn(engines: Engines, around: Around): Promise<RunningServer> {
  const { config, world, health, opened, consoleAddress, stopOperator } = around;
  const { log } = opened;
  try {
    log.info({ database: databaseOf(config) }, 'metadata');
    const root = await engines.accounts.ensureRootAccount(config.rootKey);
    const swept = keepSwept(engines, world, log, config.garbageAgeMs);
    const listening = await listen(engines, config, world, log);
    health.become('serving');
    return {
      addresses: { ...listening.addresses, console: consoleAddress },
      rootAccountId: root.accountId,
      generatedKey: root.generated,
      rooms: { ...listening.services, engines },
      async stop(hurry) {
        health.become('stopping');
        listening.announceEnd();
        await world.timers.delay(config.drainDelayMs, hurry).catch(() => {});
        await listening.stop(drainMs);
        await Promise.all([swept.stop(), listening.stopJobs()]);
        await engines.close();
        await stopOperator();
        await opened.flush();
      },
      async fall(problem) {
        log.fatal({ err: problem }, 'a fault that nothing caught; this server ends');
        await Promise.all([listening.stop(0), stopOperator(), opened.flush()]);
      },
    };
  } catch (error) {
    await engines.close();
    throw error;
  }
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

async function createServices(
  engines: Engines,
  config: Config,
  world: World,
  log: Log,
  hooks: {
    onOwnerChanged: (domain: string, accountId: string | undefined) => void;
    publicEndpoint: () => string;
  },
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
  const { cnames, certificates, audit, serving } = metadata;
  const keys = createContentKeys(sealer, world.random);
  const dialer = openDialer(config, world);
  const objects = createObjects({ objects: metadata.objects, serving, blobs, keys, world });
  return {
    world,
    accounts,
    authenticator: createAuthenticator({ accounts, world, regions: [config.region] }),
    callbacks: createCallbacks({
      dialer,
      settings: metadata.settings,
      sealer,
      digest: config.callbackDigest,
    }),
    images: createImages(),
    settings: {
      publicScheme: config.http === 'off' ? 'https' : 'http',
      region: config.region,
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
      onDomainsReleased: (domains) => {
        for (const domain of domains) hooks.onOwnerChanged(domain, undefined);
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
    certificates: createCertificates({
      certificates,
      serving,
      sealer,
      region: config.region,
      world,
    }),
    cnames: createCnames({
      cnames,
      serving,
      audit,
      ownership: createOwnershipProofs({ cnames, dns, rules, world }),
      screens,
      rules,
      world,
      onOwnerChanged: hooks.onOwnerChanged,
    }),
  };
}

interface Listening {
  readonly addresses: Pick<RunningServer['addresses'], 'http' | 'https'>;
  readonly services: Services;
  /** Answers close their connections from now on. */
  announceEnd(): void;
  /** Requests may run on for `deadlineMs`. */
  stop(deadlineMs: number): Promise<void>;
  /** What runs beside requests; the lines of access logs are written. */
  stopJobs(): Promise<void>;
}

/** Both listeners over one pipeline. Either both accept after this, or neither. */
async function listen(
  engines: Engines,
  config: Config,
  world: World,
  log: Log,
): Promise<Listening> {
  const bound: { http: ListenerAddress | undefined; https: ListenerAddress | undefined } = {
    http: undefined,
    https: undefined,
  };
  let https: HttpListener | undefined;
  const ticketKeys = createTicketKeys({
    world,
    apply: (keys) => https?.setTicketKeys(keys),
    ownerOf: async (domain) =>
      (await services.certificates.findBoundCertificate(domain))?.accountId,
  });
  const services: Services = await createServices(engines, config, world, log, {
    onOwnerChanged: ticketKeys.domainIsOf,
    publicEndpoint: () => config.publicEndpoint ?? firstEndpoint(config, bound),
  });
  const accessLog = openAccessLog(services, config, world, log);
  const options = listenerOptions(services, accessLog, engines.metadata, config, world, log);
  const http =
    config.http === 'off' ? undefined : createHttpListener({ ...options, address: config.http });
  if (config.https !== 'off') {
    const tls = createListenerOptions({
      contexts: createSniContexts({
        certificates: services.certificates,
        world,
        noteHandshake: ticketKeys.noteHandshake,
        onFault: (err, domain) => log.error({ err, domain }, 'certificate cannot serve'),
      }),
      defaultCertificate: await readDefaultCertificate(config, world),
    });
    const findTlsVariant = createRestrictions(tls, (domain) => restrictionOf(domain, services));
    https = createHttpListener({ ...options, address: config.https, tls, findTlsVariant });
    ticketKeys.rotate();
    engines.metadata.reach.onDomainsChanged(ticketKeys.domainsChanged);
  }
  const stop = async (deadlineMs: number): Promise<void> => {
    ticketKeys.stop();
    const running = [bound.http && http, bound.https && https];
    await Promise.all(running.map((listener) => listener?.drain(deadlineMs)));
  };
  try {
    bound.http = await http?.start();
    bound.https = await https?.start();
    const announceEnd = (): void => {
      http?.announceEnd();
      https?.announceEnd();
    };
    const lifecycle = keepLifecycle(engines, services.documents, world, log, accessLog.applied);
    const stopJobs = async (): Promise<void> => {
      await services.mirrors.stop();
      await lifecycle.stop();
      await accessLog.stop();
    };
    return { addresses: bound, services, announceEnd, stop, stopJobs };
  } catch (error) {
    await stop(0);
    await accessLog.stop();
    throw error;
  }
}

/** What the bucket behind a domain allows of TLS. */
async function restrictionOf(
  domain: string,
  { cnames, documents }: Services,
): Promise<TlsRestriction | undefined> {
  const mapped = await cnames.findMappedDomain(domain);
  if (!mapped?.bucket.documents.includes('https')) return undefined;
  const document = await documents.find(mapped.bucket, 'https');
  return document && tlsRestrictionOf(document);
}

function openAccessLog(services: Services, config: Config, world: World, log: Log): AccessLog {
  const { buckets, objects, documents } = services;
  return createAccessLog({
    buckets,
    objects,
    documents,
    world,
    region: config.region,
    report({ event, ...facts }) {
      const { problem: err, ...rest } = { problem: undefined, ...facts };
      log.warn({ err, ...rest }, `access log: ${event}`);
    },
  });
}

function listenerOptions(
  services: Services,
  accessLog: AccessLog,
  { identities, seen }: Engines['metadata'],
  config: Config,
  world: World,
  log: Log,
): Omit<ListenerOptions, 'address'> {
  const handle = createPipeline({
    hosts: createHostResolver({
      endpoints: config.endpoints,
      findMappedDomain: (domain) => services.cnames.findMappedDomain(domain),
    }),
    services,
    accessLog,
    sts: createSts({ ...services, identities, world }),
    seen,
    onInternalError: (err, request) => log.error({ err, requestId: request.requestId }, 'fault'),
  });
  return {
    handle,
    renderProblem: renderError,
    balancers: config.balancers,
    world,
    limits: {
      connectionsMax: connectionsWithin(openFilesMax()),
      connectionsPerAddressMax: config.connectionsPerAddressMax,
    },
    onAnswered(record) {
      log.info(record, 'request');
      accessLog.answered(record);
    },
    // No bucket that has an access log of its own is answered so.
    onRepeated: log.isLevelEnabled('info') ? (record) => log.info(record, 'request') : undefined,
    onFault: (err, requestId) => log.error({ err, requestId }, 'fault'),
  };
}

/** What this process may open; asked of the runtime, since the system has no other call for it. */
function openFilesMax(): number {
  const fallback = 4_096;
  if (!process.report) return fallback;
  // Without the network section, which would look up the names of open connections.
  Object.assign(process.report, { excludeNetwork: true });
  const report = process.report.getReport() as {
    userLimits?: { open_files?: { soft?: number | string } };
  };
  const soft = report.userLimits?.open_files?.soft;
  return typeof soft === 'number' ? soft : fallback;
}

/** What clients are told to call next: they use it as it is, port included (clients.md). */
function firstEndpoint(config: Config, bound: Listening['addresses']): string {
  const name = config.endpoints[0] ?? 'localhost';
  const port = bound.http?.port ?? bound.https?.port;
  return port === undefined ? name : `${name}:${port}`;
}

async function readDefaultCertificate(
  config: Config,
  world: World,
): Promise<DefaultCertificate | undefined> {
  if (!config.defaultCertificate) return undefined;
  const { chainFile, keyFile } = config.defaultCertificate;
  return {
    chainPem: world.disk.readNow(chainFile).toString('latin1'),
    keyPem: world.disk.readNow(keyFile),
  };
}
