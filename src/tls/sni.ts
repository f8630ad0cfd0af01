import type { SecureContext } from 'node:tls';
import type { BoundCertificate, Certificates } from '../certificates/index.ts';
import { parseHost } from '../names/index.ts';
import { createPace, type Pace, type World } from '../world/index.ts';
import { createContextCache } from './context-cache.ts';
import { createContextBuilder } from './spare-contexts.ts';

export interface SniLimits {
  /** Contexts kept. */
  readonly countMax: number;
  /** Of native memory, all of them together. */
  readonly bytesMax: number;
  readonly buildsPerSecond: number;
}

/** Of a context with a chain that is longer than most. */
const contextBytes = 52 * 1_024;

/** Limits where so many contexts are kept. */
export function keepingContexts(countMax: number): Pick<SniLimits, 'countMax' | 'bytesMax'> {
  return { countMax, bytesMax: countMax * contextBytes };
}

/** Some 5,000 contexts are 200 MB; more names than that take turns (DESIGN section 4). */
export const defaultSniLimits: SniLimits = {
  ...keepingContexts(5_000),
  // A build takes 0.3 ms: at most a little over half of one core.
  buildsPerSecond: 2_000,
};

/** Longest server name of a handshake that is looked at (RFC 6066 3, RFC 1035 2.3.4). */
const serverNameMax = 254;

export interface SniContexts {
  /**
   * The context of the certificate bound to this server name now; `undefined` when there is none,
   * which leaves the handshake to the listener's default certificate, or without one to a fatal
   * alert (DESIGN ruling 10). The mapping is read at every call.
   *
   * @throws Error when a context is due but cannot be had now, or too many names without one are
   *   asked for: the connection must be closed
   */
  contextFor(serverName: string | undefined): Promise<SecureContext | undefined>;
  /**
   * The same at once, where neither the engine nor a build must be waited for; else `undefined`,
   * and `contextFor` tells. Never throws.
   */
  contextNow(
    serverName: string | undefined,
  ): { readonly context: SecureContext | undefined } | undefined;
  readonly count: number;
  readonly bytes: number;
}

/**
 * Secure contexts by server name, built on demand and kept by certificate: one build per
 * certificate at a time, so many a second, names without a certificate answered without any.
 */
export function createSniContexts(options: {
  readonly certificates: Pick<
    Certificates,
    'findBoundCertificate' | 'findBoundCertificateNow' | 'unseal'
  >;
  readonly world: Pick<World, 'clock' | 'timers'>;
  readonly limits?: Partial<SniLimits>;
  /** Told before the look-up of a name; what it returns, of the account that was found. */
  readonly noteHandshake?: (domain: string) => (accountId: string | undefined) => void;
  /** Handshakes of names without a certificate wait their turn, and fail when too many do. */
  readonly strangers?: Pace | undefined;
  /** Told of certificates that should serve and cannot. */
  readonly onFault?: (problem: unknown, domain: string) => void;
}): SniContexts {
  const limits = { ...defaultSniLimits, ...options.limits };
  const { strangers } = options;
  const builder = createContextBuilder();
  const cache = createContextCache(limits, builder.giveBack);
  const builds = createPace(options.world, limits.buildsPerSecond);
  const building = new Map<string, Promise<SecureContext>>();

  async function build(key: string, bound: BoundCertificate): Promise<SecureContext> {
    if (!(await builds.turn())) throw new Error('Too many certificates wait to be loaded.');
    const unsealed = options.certificates.unseal(bound.certificate);
    try {
      const built = builder.build(unsealed);
      cache.keep(key, built, unsealed.chainPem.length);
      return built.context;
    } finally {
      unsealed.keyPem.fill(0);
    }
  }

  function contextOf(bound: BoundCertificate): SecureContext | Promise<SecureContext> {
    const key = keyOf(bound);
    const kept = cache.find(key)?.context ?? building.get(key);
    if (kept) return kept;
    const started = build(key, bound).finally(() => building.delete(key));
    building.set(key, started);
    return started;
  }

  async function waitAsStranger(): Promise<undefined> {
    const isIn = (await strangers?.turn()) ?? true;
    if (!isIn) throw new Error('Too many names without a certificate are asked for.');
  }

  async function contextFor(serverName: string | undefined): Promise<SecureContext | undefined> {
    const domain = domainOf(serverName);
    if (domain === undefined) return await waitAsStranger();
    const found = options.noteHandshake?.(domain);
    let bound: BoundCertificate | undefined;
    try {
      bound = await options.certificates.findBoundCertificate(domain);
    } finally {
      found?.(bound?.accountId);
    }
    if (!bound) return await waitAsStranger();
    try {
      return await contextOf(bound);
    } catch (problem) {
      options.onFault?.(problem, domain);
      throw problem;
    }
  }

  function findNow(domain: string): ReturnType<Certificates['findBoundCertificateNow']> {
    const found = options.noteHandshake?.(domain);
    let now: ReturnType<Certificates['findBoundCertificateNow']>;
    try {
      now = options.certificates.findBoundCertificateNow(domain);
    } catch {
      // Asked once more where it may be told.
    }
    found?.(now?.bound?.accountId);
    return now;
  }

  function contextNow(serverName: string | undefined): ReturnType<SniContexts['contextNow']> {
    const domain = domainOf(serverName);
    const now = domain === undefined ? { bound: undefined } : findNow(domain);
    if (now === undefined) return undefined;
    if (now.bound === undefined) return (strangers?.turnNow() ?? true) ? noContext : undefined;
    return cache.find(keyOf(now.bound));
  }

  return {
    contextFor,
    contextNow,
    get count() {
      return cache.count;
    },
    get bytes() {
      return cache.bytes;
    },
  };
}

const noContext = { context: undefined };

function keyOf({ certificate: { number, fingerprint256 } }: BoundCertificate): string {
  return `${number}/${fingerprint256}`;
}

/** The canonical name of a server name; `undefined` when it is none. */
export function domainOf(serverName: string | undefined): string | undefined {
  if (serverName === undefined || serverName === '' || serverName.length > serverNameMax) {
    return undefined;
  }
  const parsed = parseHost(serverName);
  return parsed.kind === 'name' && parsed.port === undefined ? parsed.name : undefined;
}
