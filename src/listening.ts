/** One process that serves: its rooms and its listeners over one pipeline. */
import { type AccessLog, createAccessLog } from './access-log/index.ts';
import { renderError, type Services } from './api/index.ts';
import { tlsRestrictionOf } from './buckets/index.ts';
import type { Config } from './config/index.ts';
import { createHostResolver } from './hosts/index.ts';
import {
  connectionsWithin,
  createHttpListener,
  type HttpListener,
  type ListenerAddress,
  type ListenerOptions,
} from './http/index.ts';
import type { Log } from './log.ts';
import { createPipeline } from './pipeline.ts';
import { createServices, type ServiceParts } from './services.ts';
import { createSts } from './sts/index.ts';
import {
  createListenerOptions,
  createRestrictions,
  createSessions,
  createSniContexts,
  type DefaultCertificate,
  keepingContexts,
  type Sessions,
  type TicketKeys,
  type TlsRestriction,
} from './tls/index.ts';
import { createPace, type Pace, type World } from './world/index.ts';

/** So long requests may run on when their process is told to end (security.md 10.2). */
export const drainMs = 30_000;

export interface BoundAddresses {
  readonly http: ListenerAddress | undefined;
  readonly https: ListenerAddress | undefined;
}

/** Where requests are served: here, or in the workers of this server. */
export interface Serving {
  /** As bound; undefined for a listener that is off. */
  readonly addresses: BoundAddresses;
  readonly services: Services;
  readonly accessLog: AccessLog;
  /** Answers close their connections from now on. */
  announceEnd(): void;
  /**
   * Requests may run on for `deadlineMs`; then no connection is open. `gently`: connections that
   * are idle may be used once more.
   */
  stop(deadlineMs: number, gently?: boolean): Promise<void>;
}

/** What is one for all processes of a server, as one of them sees it. */
export interface Together {
  readonly ticketKeys: TicketKeys;
  /** Questions of DNS that one account may cause; 0, or the seconds to wait. */
  takeQuestion(accountId: string): number | Promise<number>;
  /** When it has resolved, no process resumes a session of another account under this name. */
  domainIsOf(domain: string, accountId: string | undefined): Promise<void>;
  /**
   * Called before the listeners accept; the process gets ticket keys now and with each rotation.
   */
  join(own: OwnSessions): void;
}

/**
 * Names that nobody has mapped, by Host or in handshakes that will fail: so many a second. A scan
 * of invented ones then takes a tenth of a core at most.
 */
const strangersPerSecond = 1_000;

/** The sessions that a process has made. */
export interface OwnSessions {
  readonly sessions: Sessions;
  /** Sessions made before are not resumed any more. */
  takeTicketKeys(keys: Buffer): void;
}

/** Either both listeners accept after this, or neither. */
export async function listen(around: ServiceParts, together: Together): Promise<Serving> {
  const { engines, config, world, log } = around;
  const bound: { -readonly [Name in keyof BoundAddresses]: BoundAddresses[Name] } = {
    http: undefined,
    https: undefined,
  };
  let https: HttpListener | undefined;
  const services: Services = await createServices(around, {
    ...together,
    publicEndpoint: () => config.publicEndpoint ?? firstEndpoint(config, bound),
  });
  const sessions = createSessions({
    clock: world.clock,
    keys: together.ticketKeys,
    ownerOf: async (domain) =>
      (await services.certificates.findBoundCertificate(domain))?.accountId,
  });
  const accessLog = openAccessLog(services, config, world, log);
  const strangers = createPace(world, strangersPerSecond);
  const options = listenerOptions(around, services, accessLog, strangers);
  const http =
    config.http === 'off' ? undefined : createHttpListener({ ...options, address: config.http });
  if (config.https !== 'off') {
    const defaultCertificate = await readDefaultCertificate(config, world);
    const tls = createListenerOptions({
      contexts: createSniContexts({
        certificates: services.certificates,
        world,
        limits: keepingContexts(config.certificatesKeptMax),
        noteHandshake: sessions.noteHandshake,
        // With a default certificate they are hosts of the endpoint as well as strangers.
        strangers: defaultCertificate === undefined ? strangers : undefined,
        onFault: (err, domain) => log.error({ err, domain }, 'certificate cannot serve'),
      }),
      defaultCertificate,
      isHttp2: config.isHttp2,
    });
    const findTlsVariant = createRestrictions(tls, (domain) => restrictionOf(domain, services));
    const { serving } = engines.metadata;
    const hasTlsVariants = () => serving.mayHaveDocument('https');
    const own = { address: config.https, tls, findTlsVariant, hasTlsVariants };
    https = createHttpListener({ ...options, ...own });
    engines.metadata.reach.onDomainsChanged(sessions.domainsChanged);
  }
  together.join({
    sessions,
    takeTicketKeys(keys) {
      https?.setTicketKeys(keys);
      sessions.forget();
    },
  });
  const stop = async (deadlineMs: number, gently?: boolean): Promise<void> => {
    const running = [bound.http && http, bound.https && https];
    await Promise.all(running.map((listener) => listener?.drain(deadlineMs, gently)));
  };
  try {
    bound.http = await http?.start();
    bound.https = await https?.start();
    const announceEnd = (): void => {
      http?.announceEnd();
      https?.announceEnd();
    };
    return { addresses: bound, services, accessLog, announceEnd, stop };
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

export function openAccessLog(
  services: Services,
  config: Config,
  world: World,
  log: Log,
): AccessLog {
  const { buckets, objects, documents } = services;
  return createAccessLog({
    buckets,
    objects,
    documents,
    world,
    region: config.region,
    zoneMinutes: config.logZoneMinutes,
    report({ event, ...facts }) {
      const { problem: err, ...rest } = { problem: undefined, ...facts };
      log.warn({ err, ...rest }, `access log: ${event}`);
    },
  });
}

function listenerOptions(
  { engines, config, world, log }: ServiceParts,
  services: Services,
  accessLog: AccessLog,
  strangers: Pace,
): Omit<ListenerOptions, 'address'> {
  const { audit, identities, seen } = engines.metadata;
  const handle = createPipeline({
    hosts: createHostResolver({
      endpoints: config.endpoints,
      findMappedDomain: (domain) => services.cnames.findMappedDomain(domain),
      strangers,
    }),
    services,
    accessLog,
    sts: createSts({ ...services, identities, audit, world }),
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
function firstEndpoint(config: Config, bound: BoundAddresses): string {
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
