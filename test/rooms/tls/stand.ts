/** A TLS listener over certificates a test binds by hand: the room tls with the room http. */
import { after } from 'node:test';
import type { BoundCertificate } from '../../../src/certificates/index.ts';
import { createHttpListener, type HttpListener } from '../../../src/http/index.ts';
import {
  createListenerOptions,
  createRestrictions,
  createSessions,
  createSniContexts,
  createTicketKeys,
  type DefaultCertificate,
  type Sessions,
  type SniContexts,
  type SniLimits,
  type TicketKeys,
  type TlsRestriction,
} from '../../../src/tls/index.ts';
import { type Pace, realWorld } from '../../../src/world/index.ts';
import {
  createAuthority,
  createKey,
  type TestAuthority,
  type TestCertificate,
} from '../../support/certificates.ts';
import { quickLimits, renderProblem, text } from '../http/stub.ts';

export const ecKey = createKey('P-256');
export const rsaKey = createKey('RSA-2048');
export const authority: TestAuthority = await createAuthority();

export interface Stand {
  readonly port: number;
  readonly listener: HttpListener;
  readonly contexts: SniContexts;
  readonly ticketKeys: TicketKeys;
  readonly sessions: Sessions;
  /** How often a key was unsealed, and what became of it. */
  readonly unsealed: Buffer[];
  readonly faults: unknown[];
  /** Names that were looked up. */
  readonly asked: string[];
  /** What is left out of TLS for a domain. */
  readonly restrictions: Map<string, TlsRestriction>;
  bind(domain: string, certificate: TestCertificate, accountId?: string): void;
  unbind(domain: string): void;
  /** Makes unsealing of this domain's certificate fail. */
  breakKey(domain: string): void;
  stop(): Promise<void>;
}

const running = new Set<HttpListener>();
after(async () => {
  await Promise.all([...running].map((listener) => listener.drain(0)));
});

export async function startStand(
  options: {
    defaultCertificate?: DefaultCertificate;
    limits?: Partial<SniLimits>;
    /** Whether mappings are at hand, as those of an engine in this process are. */
    isNear?: boolean;
    strangers?: Pace;
    handshakeTimeoutMs?: number;
  } = {},
): Promise<Stand> {
  const bound = new Map<string, BoundCertificate>();
  const keys = new Map<number, string>();
  const unsealed: Buffer[] = [];
  const faults: unknown[] = [];
  const asked: string[] = [];
  const restrictions = new Map<string, TlsRestriction>();
  let lastNumber = 0;
  const contexts = createSniContexts({
    certificates: {
      async findBoundCertificate(domain) {
        asked.push(domain);
        return bound.get(domain);
      },
      findBoundCertificateNow(domain) {
        if (!options.isNear) return undefined;
        asked.push(domain);
        return { bound: bound.get(domain) };
      },
      unseal(certificate) {
        const key = keys.get(certificate.number);
        if (key === undefined) throw new Error('The key cannot be unsealed.');
        const keyPem = Buffer.from(key);
        unsealed.push(keyPem);
        return { ...certificate, keyPem };
      },
    },
    world: realWorld,
    ...(options.limits ? { limits: options.limits } : {}),
    strangers: options.strangers,
    noteHandshake: (domain) => sessions.noteHandshake(domain),
    onFault: (problem) => void faults.push(problem),
  });
  const tls = createListenerOptions({ contexts, defaultCertificate: options.defaultCertificate });
  const listener = createHttpListener({
    address: { host: '127.0.0.1', port: 0 },
    // Says under which name the connection was opened.
    handle: async (request) => text(`${request.serverName ?? '-'} ${request.host}`),
    renderProblem,
    world: realWorld,
    limits: { ...quickLimits, handshakeTimeoutMs: options.handshakeTimeoutMs ?? 5_000 },
    tls,
    findTlsVariant: createRestrictions(tls, async (domain) => restrictions.get(domain)),
  });
  const ticketKeys = createTicketKeys({
    world: realWorld,
    apply: (fresh) => listener.setTicketKeys(fresh),
  });
  const sessions = createSessions({
    clock: realWorld.clock,
    keys: ticketKeys,
    ownerOf: async (domain) => bound.get(domain)?.accountId,
  });
  await ticketKeys.rotate();
  const { port } = await listener.start();
  running.add(listener);
  return {
    port,
    listener,
    contexts,
    ticketKeys,
    sessions,
    unsealed,
    faults,
    asked,
    restrictions,
    bind(domain, certificate, accountId = '1') {
      const number = ++lastNumber;
      keys.set(number, certificate.keyPem);
      bound.set(domain, { accountId, certificate: storedCertificate(number, certificate) });
    },
    unbind: (domain) => void bound.delete(domain),
    breakKey: (domain) => void keys.delete(bound.get(domain)?.certificate.number ?? 0),
    stop() {
      running.delete(listener);
      ticketKeys.stop();
      return listener.drain(0);
    },
  };
}

export function storedCertificate(
  number: number,
  certificate: TestCertificate,
): BoundCertificate['certificate'] {
  return {
    number,
    accountId: '1',
    fingerprint256: certificate.x509.fingerprint256,
    fingerprint: certificate.x509.fingerprint,
    chainPem: certificate.chainPem,
    keySealed: 'sealed',
    validFrom: certificate.x509.validFromDate.getTime(),
    validTo: certificate.x509.validToDate.getTime(),
    createdAt: 0,
  };
}

export const request = (host: string): string => `GET / HTTP/1.1\r\nHost: ${host}\r\n\r\n`;
