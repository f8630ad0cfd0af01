/** Addresses and the patterns that conditions compare them with (access-control.md 2.3). */
import { isIPv4, isIPv6 } from 'node:net';

/** 4 or 16 bytes; an IPv4 address in IPv6 clothes is the IPv4 address. */
export function parseAddress(text: string): readonly number[] | undefined {
  if (isIPv4(text)) return text.split('.').map(Number);
  if (!isIPv6(text) || text.includes('%')) return undefined;
  const bytes = bytesOfIpv6(text);
  const isMapped = bytes.slice(0, 10).every((byte) => byte === 0) && bytes[10] === 255;
  return isMapped && bytes[11] === 255 ? bytes.slice(12) : bytes;
}

export interface AddressPattern {
  matches(address: readonly number[]): boolean;
  /** Leading bits that are fixed, and of how many. */
  readonly fixedBits: number;
  readonly bits: 32 | 128;
}

/** An address, a CIDR block, IPv4 with `*` for octets, or `*`; `undefined` for anything else. */
export function parseAddressPattern(text: string): AddressPattern | undefined {
  if (text === '*') return { matches: () => true, fixedBits: 0, bits: 32 };
  if (text.includes('*')) return octetPattern(text);
  const slash = text.indexOf('/');
  const bytes = parseAddress(slash < 0 ? text : text.slice(0, slash));
  if (bytes === undefined) return undefined;
  const bits = bytes.length === 4 ? 32 : 128;
  if (slash < 0) return blockPattern(bytes, bits, bits);
  const length = text.slice(slash + 1);
  if (!/^\d{1,3}$/.test(length) || Number(length) > bits) return undefined;
  return blockPattern(bytes, Number(length), bits);
}

function blockPattern(bytes: readonly number[], fixedBits: number, bits: 32 | 128): AddressPattern {
  return {
    fixedBits,
    bits,
    matches(address) {
      if (address.length !== bytes.length) return false;
      return bytes.every((byte, index) => {
        const counted = Math.min(8, Math.max(0, fixedBits - 8 * index));
        const mask = (0xff << (8 - counted)) & 0xff;
        return (byte & mask) === ((address[index] ?? 0) & mask);
      });
    },
  };
}

function octetPattern(text: string): AddressPattern | undefined {
  const octets = text.split('.').map((part) => {
    if (part === '*') return '*';
    return /^(?:0|[1-9]\d{0,2})$/.test(part) && Number(part) < 256 ? Number(part) : undefined;
  });
  if (octets.length !== 4 || octets.includes(undefined)) return undefined;
  return {
    fixedBits: 8 * octets.indexOf('*'),
    bits: 32,
    matches: (address) =>
      address.length === 4 &&
      octets.every((octet, index) => octet === '*' || octet === address[index]),
  };
}

function bytesOfIpv6(text: string): number[] {
  const lastColon = text.lastIndexOf(':');
  const tail = text.slice(lastColon + 1);
  let plain = text;
  if (tail.includes('.')) {
    const [a = 0, b = 0, c = 0, d = 0] = tail.split('.').map(Number);
    const groups = [(a << 8) | b, (c << 8) | d].map((group) => group.toString(16));
    plain = `${text.slice(0, lastColon + 1)}${groups.join(':')}`;
  }
  const groupsOf = (part: string) =>
    part === '' ? [] : part.split(':').map((group) => Number.parseInt(group, 16));
  const [head = '', rest] = plain.split('::');
  const left = groupsOf(head);
  const right = rest === undefined ? [] : groupsOf(rest);
  const zeros = Array.from({ length: 8 - left.length - right.length }, () => 0);
  return [...left, ...zeros, ...right].flatMap((group) => [group >> 8, group & 0xff]);
}
