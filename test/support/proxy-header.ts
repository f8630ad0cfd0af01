/**
 * Headers of the PROXY protocol as balancers write them, by the specification and not by our code.
 */

/** Version 1, for both families. */
export function lineHeader(source: string, target = source): string {
  const family = source.includes(':') ? 'TCP6' : 'TCP4';
  return `PROXY ${family} ${source} ${target} 51234 443\r\n`;
}

const signature = Buffer.from('0d0a0d0a000d0a515549540a', 'hex');

export interface BinaryHeader {
  /** `PROXY`, `LOCAL`, or the number of another command. */
  readonly command?: 0 | 1 | number;
  /** 0x11 TCP over IPv4, 0x21 TCP over IPv6. */
  readonly family: number;
  /** Addresses, ports and extensions. */
  readonly rest: Buffer;
  /** Instead of the length of `rest`. */
  readonly length?: number;
  readonly version?: number;
}

export function binaryHeader(header: BinaryHeader): Buffer {
  const { command = 1, family, rest, length = rest.length, version = 2 } = header;
  const fixed = Buffer.from([version * 16 + command, family, length >> 8, length & 0xff]);
  return Buffer.concat([signature, fixed, rest]);
}

const ports = Buffer.from([0xc8, 0x22, 0x01, 0xbb]);

/** Version 2 of a client with this IPv4 address, with extensions behind if there are any. */
export function ipv4Header(source: string, extensions: Buffer = Buffer.alloc(0)): Buffer {
  const address = Buffer.from(source.split('.').map(Number));
  const rest = Buffer.concat([address, Buffer.from([127, 0, 0, 1]), ports, extensions]);
  return binaryHeader({ family: 0x11, rest });
}

/** Version 2 of a client with these sixteen bytes of address, in hexadecimal. */
export function ipv6Header(source: string): Buffer {
  const address = Buffer.from(source, 'hex');
  return binaryHeader({ family: 0x21, rest: Buffer.concat([address, address, ports]) });
}
