import { X509Certificate } from 'node:crypto';
import type { BoundCertificate } from '../certificates/index.ts';
import { parseHost } from '../names/index.ts';

/** What the decision rests on. */
export interface ConnectionFacts {
  /** Canonical names. */
  readonly serverName: string;
  readonly host: string;
  /** Accounts the names are mapped for; `undefined` for names that are not mapped. */
  readonly serverNameAccount: string | undefined;
  readonly hostAccount: string | undefined;
  /** Whether the certificate of `serverName` covers `host`. */
  readonly isHostCovered: boolean;
}

/**
 * Whether a connection opened for one name may carry a request for another (security.md 5.4 a):
 * the same name, or one its certificate covers and the same account has mapped. Otherwise 421.
 */
export function isFit(facts: ConnectionFacts): boolean {
  if (facts.serverName === facts.host) return true;
  return (
    facts.isHostCovered &&
    facts.hostAccount !== undefined &&
    facts.hostAccount === facts.serverNameAccount
  );
}

/** As much of a mapping as is needed here. */
interface Mapped {
  readonly cname: { readonly accountId: string };
}

/**
 * Whether the connection is one for this Host. Looks nothing up when Host is the server name, which
 * is nearly always. A Host that is an IP address or malformed never is another tenant's name.
 */
export async function isConnectionForHost(request: {
  /** SNI as the client sent it. */
  readonly serverName: string;
  readonly host: string;
  /** What Host is mapped to. */
  readonly mapping: Mapped | undefined;
  readonly findMappedDomain: (domain: string) => Promise<Mapped | undefined>;
  readonly findBoundCertificate: (domain: string) => Promise<BoundCertificate | undefined>;
}): Promise<boolean> {
  const serverName = parseHost(request.serverName);
  const host = parseHost(request.host);
  if (host.kind !== 'name') return true;
  if (serverName.kind !== 'name') return false;
  if (serverName.name === host.name) return true;
  if (!request.mapping) return false;
  const [opened, bound] = await Promise.all([
    request.findMappedDomain(serverName.name),
    request.findBoundCertificate(serverName.name),
  ]);
  return isFit({
    serverName: serverName.name,
    host: host.name,
    serverNameAccount: opened?.cname.accountId,
    hostAccount: request.mapping.cname.accountId,
    isHostCovered: bound !== undefined && covers(bound.certificate.chainPem, host.name),
  });
}

function covers(chainPem: string, host: string): boolean {
  const leaf = new X509Certificate(chainPem);
  // The subject's common name counts for nothing (security.md 4.1).
  return leaf.checkHost(host, { subject: 'never', partialWildcards: false }) !== undefined;
}
