import { Resolver } from 'node:dns';
import { isIPv4, isIPv6 } from 'node:net';

/** IANA: the port of DNS over UDP and TCP. */
const dnsPort = 53;

export interface DnsServer {
  readonly address: string;
  readonly port: number;
  /** How messages and audit records name it: `192.0.2.1:5353`, without the port if it is 53. */
  readonly label: string;
}

export type ParsedServers =
  | { readonly ok: true; readonly servers: readonly DnsServer[] }
  | { readonly ok: false; readonly message: string };

/**
 * Reads resolvers written `ip`, `ip:port` or `[ipv6]:port`. Names are refused: finding the address
 * of a resolver by name would need a resolver. Any address is allowed, loopback and private ones
 * too: resolvers are the operator's choice (security.md 7.8 is about addresses callers bring).
 */
export function parseServers(texts: readonly string[]): ParsedServers {
  const servers: DnsServer[] = [];
  for (const text of texts.map((each) => each.trim())) {
    const server = parseServer(text);
    if (server === undefined) {
      const advice = 'write an IP address, with :port if it is not 53';
      return { ok: false, message: `"${text}" is not a DNS server: ${advice}.` };
    }
    servers.push(server);
  }
  return { ok: true, servers };
}

function parseServer(text: string): DnsServer | undefined {
  if (isIPv4(text) || isIPv6(text)) return toServer(text, dnsPort);
  const match = /^(?:\[([^\]]+)\]|([^:[\]]+))(?::([0-9]{1,5}))?$/.exec(text);
  const [, bracketed, plain, portText] = match ?? [];
  const address = bracketed ?? plain ?? '';
  const port = portText === undefined ? dnsPort : Number(portText);
  const isAddress = bracketed === undefined ? isIPv4(address) : isIPv6(address);
  return isAddress && port >= 1 && port <= 65_535 ? toServer(address, port) : undefined;
}

function toServer(address: string, port: number): DnsServer {
  if (port === dnsPort) return { address, port, label: address };
  return { address, port, label: isIPv6(address) ? `[${address}]:${port}` : `${address}:${port}` };
}

/** The resolvers of the system, read afresh: they change when a machine changes its network. */
export function systemServers(): readonly DnsServer[] {
  const parsed = parseServers(new Resolver().getServers());
  return parsed.ok ? parsed.servers : [];
}
