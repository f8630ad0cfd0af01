/**
 * The PROXY protocol, versions 1 and 2: how a balancer that forwards connections says whose they
 * are (https://www.haproxy.org/download/3.0/doc/proxy-protocol.txt). Pure: bytes in, verdict out.
 */
import { isIPv4, isIPv6 } from 'node:net';

/** Section 2.1: 107 bytes are enough for the longest line, its end included. */
const lineBytesMax = 107;
const lineStart = Buffer.from('PROXY ', 'latin1');

/** Section 2.2. */
const signature = Buffer.from([13, 10, 13, 10, 0, 13, 10, 81, 85, 73, 84, 10]);
const fixedBytes = 16;
/**
 * Section 2.2 lets addresses and extensions fill 64 KiB; the specification asks senders to stay
 * within 536 bytes, and extensions that name a TLS client have been seen to need some more.
 */
const addressBytesMax = 2_048;

/** No header is longer: a reader may keep so many bytes and no more. */
export const proxyHeaderBytesMax = fixedBytes + addressBytesMax;

export type ProxyVerdict =
  /** So far it is the beginning of a header. */
  | { readonly kind: 'incomplete' }
  | {
      readonly kind: 'header';
      /** Bytes of the header; what follows is the client's. */
      readonly length: number;
      /** `undefined`: the connection is the balancer's own (LOCAL, UNKNOWN), e.g. a check. */
      readonly source: string | undefined;
    }
  | { readonly kind: 'malformed' };

const incomplete = { kind: 'incomplete' } as const;
const malformed = { kind: 'malformed' } as const;

/** Judges the first bytes of a connection that must begin with a header. */
export function readProxyHeader(bytes: Buffer): ProxyVerdict {
  if (begins(bytes, signature)) return readBinary(bytes);
  if (begins(bytes, lineStart)) return readLine(bytes);
  return malformed;
}

/** True while `bytes` and `start` agree as far as both go. */
function begins(bytes: Buffer, start: Buffer): boolean {
  const length = Math.min(bytes.length, start.length);
  return bytes.subarray(0, length).equals(start.subarray(0, length));
}

/** `PROXY TCP4 192.0.2.1 198.51.100.1 56324 443\r\n` (section 2.1) */
function readLine(bytes: Buffer): ProxyVerdict {
  const end = bytes.subarray(0, lineBytesMax).indexOf('\r\n', 0, 'latin1');
  if (end === -1) return bytes.length < lineBytesMax ? incomplete : malformed;
  const length = end + 2;
  const words = bytes.toString('latin1', 0, end).split(' ');
  if (words[1] === 'UNKNOWN') return { kind: 'header', length, source: undefined };
  const isAddress = { TCP4: isIPv4, TCP6: isIPv6 }[words[1] ?? ''];
  const [, , source = '', target = '', sourcePort = '', targetPort = ''] = words;
  if (!isAddress || words.length !== 6 || !isAddress(source) || !isAddress(target)) {
    return malformed;
  }
  if (!isPort(sourcePort) || !isPort(targetPort)) return malformed;
  return { kind: 'header', length, source };
}

function isPort(text: string): boolean {
  return /^(0|[1-9]\d{0,4})$/.test(text) && Number(text) <= 65_535;
}

const version2 = 0x20;
const commands = { local: 0, proxy: 1 };
/** Family in the upper half; STREAM in the lower: nothing else arrives on a TCP port. */
const families: Readonly<Record<number, { bytes: number; read(at: Buffer): string }>> = {
  17: { bytes: 12, read: (at) => at.subarray(0, 4).join('.') },
  33: { bytes: 36, read: readIPv6 },
};

/** Sixteen fixed bytes, then addresses and extensions (section 2.2). */
function readBinary(bytes: Buffer): ProxyVerdict {
  if (bytes.length > 12 && (bytes.readUInt8(12) & 0xf0) !== version2) return malformed;
  if (bytes.length < fixedBytes) return incomplete;
  const command = bytes.readUInt8(12) & 0x0f;
  const rest = bytes.readUInt16BE(14);
  if (command > commands.proxy || rest > addressBytesMax) return malformed;
  const length = fixedBytes + rest;
  const family = families[bytes.readUInt8(13)];
  if (command === commands.proxy && family && rest < family.bytes) return malformed;
  if (bytes.length < length) return incomplete;
  // Of a family we do not know the receiver uses the real addresses (section 2.2, UNSPEC).
  const isOwn = command === commands.local || !family;
  const source = isOwn ? undefined : family.read(bytes.subarray(fixedBytes));
  return { kind: 'header', length, source };
}

/** In the one short form, so that one client is one address (RFC 5952); mapped IPv4 as IPv4. */
function readIPv6(at: Buffer): string {
  const groups = Array.from({ length: 8 }, (_, index) => at.readUInt16BE(2 * index).toString(16));
  const text = new URL(`http://[${groups.join(':')}]/`).hostname.slice(1, -1);
  const isMapped = at.subarray(0, 12).equals(mappedPrefix);
  return isMapped ? at.subarray(12, 16).join('.') : text;
}

const mappedPrefix = Buffer.from([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff]);
