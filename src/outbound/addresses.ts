import { BlockList, isIP, isIPv4, SocketAddress } from 'node:net';

/**
 * Not for everybody on the Internet (RFC 6890 and its registry), and the one public address at
 * which a cloud keeps its metadata. Those of other clouds are link-local or shared.
 */
const closedV4: readonly (readonly [string, number])[] = [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['168.63.129.16', 32],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 3],
];

/** What is not closed among the unicast addresses of IPv6, all other than 2000::/3. */
const closedV6: readonly (readonly [string, number])[] = [
  ['2001::', 23],
  ['2001:db8::', 32],
  ['2002::', 16],
  ['3fff::', 20],
];
const openV6 = ['2000::', 3] as const;

const closed = new BlockList();
const unicastV6 = new BlockList();
for (const [network, bits] of closedV4) closed.addSubnet(network, bits, 'ipv4');
for (const [network, bits] of closedV6) closed.addSubnet(network, bits, 'ipv6');
unicastV6.addSubnet(openV6[0], openV6[1], 'ipv6');

/** IPv4 inside IPv6: mapped, and as NAT64 writes it (RFC 4291 2.5.5.2, RFC 6052). */
const embedding = /^(?:::ffff:|64:ff9b::)(?:(\d+\.\d+\.\d+\.\d+)|([0-9a-f]{1,4}):([0-9a-f]{1,4}))$/;

/** The address that a connection would reach: IPv4 out of IPv6, without a zone. */
export function plainAddress(address: string): string | undefined {
  const [bare = ''] = address.split('%');
  if (isIP(bare) === 0) return undefined;
  if (isIPv4(bare)) return bare;
  const canonical = new SocketAddress({ address: bare, family: 'ipv6' }).address;
  const [, dotted, high, low] = embedding.exec(shortened(canonical)) ?? [];
  if (dotted !== undefined) return dotted;
  if (high === undefined || low === undefined) return shortened(canonical);
  const bits = [Number.parseInt(high, 16), Number.parseInt(low, 16)];
  return bits.flatMap((part) => [part >> 8, part & 0xff]).join('.');
}

/** The canonical text of an IPv6 address (RFC 5952), as the URL parser writes it. */
function shortened(address: string): string {
  return new URL(`http://[${address}]/`).hostname.slice(1, -1);
}

/** Whether an address leads nowhere but into the Internet. Anything that is none does not. */
export function isPublicAddress(address: string): boolean {
  const plain = plainAddress(address);
  if (plain === undefined) return false;
  if (isIPv4(plain)) return !closed.check(plain, 'ipv4');
  return unicastV6.check(plain, 'ipv6') && !closed.check(plain, 'ipv6');
}

/** What the operator lets callers reach all the same. */
export interface AllowList {
  hasName(name: string): boolean;
  hasAddress(address: string): boolean;
}

/** `entries`: addresses, networks (`10.0.0.0/8`) and host names, as the setting has them. */
export function createAllowList(entries: readonly string[]): AllowList {
  const names = new Set<string>();
  const networks = new BlockList();
  for (const entry of entries) {
    const [address = '', bits] = entry.split('/');
    const family = isIP(address) === 4 ? 'ipv4' : 'ipv6';
    if (isIP(address) === 0) names.add(entry.toLowerCase());
    else if (bits === undefined) networks.addAddress(address, family);
    else networks.addSubnet(address, Number(bits), family);
  }
  return {
    hasName: (name) => names.has(name.toLowerCase()),
    hasAddress(address) {
      const plain = plainAddress(address);
      return plain !== undefined && networks.check(plain, isIPv4(plain) ? 'ipv4' : 'ipv6');
    },
  };
}
