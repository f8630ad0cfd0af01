/**
 * The server name in the first bytes of a TLS connection, before TLS itself has read them: which
 * versions and suites are offered must be settled earlier than the runtime asks for a certificate.
 * Pure: bytes in, verdict out (RFC 8446 4.1.2 and 5.1, RFC 6066 3).
 */

/** A hello is a few kilobytes at most; a longer one is left to TLS itself. */
export const helloBytesMax = 16 * 1_024;

export type HelloVerdict =
  | { readonly kind: 'incomplete' }
  /** `undefined` without a name, or when this is no hello: TLS itself says what is wrong. */
  | { readonly kind: 'read'; readonly serverName: string | undefined };

const incomplete = { kind: 'incomplete' } as const;
const nameless = { kind: 'read', serverName: undefined } as const;

const handshakeRecord = 22;
const recordHeadBytes = 5;
const clientHello = 1;
const messageHeadBytes = 4;
const versionAndRandomBytes = 34;
const serverNameExtension = 0;
const hostName = 0;

export function readClientHello(bytes: Buffer): HelloVerdict {
  const parts: Buffer[] = [];
  let have = 0;
  for (let at = 0; ; ) {
    if (at < bytes.length && bytes[at] !== handshakeRecord) return nameless;
    if (at + recordHeadBytes > bytes.length) return wait(bytes);
    const length = bytes.readUInt16BE(at + 3);
    if (length === 0) return nameless;
    const part = bytes.subarray(at + recordHeadBytes, at + recordHeadBytes + length);
    parts.push(part);
    have += part.length;
    at += recordHeadBytes + length;
    if (part.length === length && have < messageHeadBytes) continue;
    if (have < messageHeadBytes) return wait(bytes);
    const end = messageEnd(parts);
    if (end === undefined) return nameless;
    if (have >= end) return { kind: 'read', serverName: nameIn(Buffer.concat(parts, end)) };
    if (part.length < length) return wait(bytes);
  }
}

/** `undefined` for another message than a hello. */
function messageEnd(parts: readonly Buffer[]): number | undefined {
  const whole = (parts[0]?.length ?? 0) >= messageHeadBytes;
  const head = whole ? parts[0] : Buffer.concat(parts.slice(0, messageHeadBytes));
  if (head?.[0] !== clientHello) return undefined;
  return messageHeadBytes + head.readUIntBE(1, 3);
}

function wait(bytes: Buffer): HelloVerdict {
  return bytes.length < helloBytesMax ? incomplete : nameless;
}

/** Reads lengths that a client wrote: whatever leads outside the message ends the reading. */
class Reader {
  readonly #bytes: Buffer;
  #at: number;

  constructor(bytes: Buffer, at = 0) {
    this.#bytes = bytes;
    this.#at = at;
  }

  get isAtEnd(): boolean {
    return this.#at >= this.#bytes.length;
  }

  number(size: number): number {
    return this.take(size).readUIntBE(0, size);
  }

  take(length: number): Buffer {
    if (this.#at + length > this.#bytes.length) throw new RangeError('a length leads outside');
    this.#at += length;
    return this.#bytes.subarray(this.#at - length, this.#at);
  }

  /** What follows a length of so many bytes. */
  vector(size: number): Buffer {
    return this.take(this.number(size));
  }
}

function nameIn(message: Buffer): string | undefined {
  try {
    const hello = new Reader(message, messageHeadBytes);
    hello.take(versionAndRandomBytes);
    hello.vector(1);
    hello.vector(2);
    hello.vector(1);
    if (hello.isAtEnd) return undefined;
    const extensions = new Reader(hello.vector(2));
    while (!extensions.isAtEnd) {
      const type = extensions.number(2);
      const content = extensions.vector(2);
      if (type !== serverNameExtension) continue;
      const names = new Reader(new Reader(content).vector(2));
      while (!names.isAtEnd) {
        const kind = names.number(1);
        const name = names.vector(2);
        if (kind === hostName) return name.toString('latin1');
      }
    }
  } catch (problem) {
    if (!(problem instanceof RangeError)) throw problem;
  }
  return undefined;
}
