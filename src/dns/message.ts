/**
 * The little of the DNS wire format that one TXT question needs (RFC 1035 4): write a question,
 * judge a reply. Our own, because a false accept here hands a domain to a stranger: node:dns takes
 * TXT records of any owner name and class, replies without the response bit, and hides the target
 * of an alias (test/rooms/dns/why-own-transport.test.ts shows each); general codecs join labels
 * with dots, so that a label holding a dot reads like two.
 *
 * Names are text here: lower-case labels joined by dots, every byte other than a letter, digit,
 * hyphen or underscore written as `\DDD`. Two different names never have the same text.
 */
const headerBytes = 12;
const labelBytesMax = 63;
/** RFC 1035 2.3.4. */
const nameBytesMax = 255;
/** security.md 2.5: what is read of an answer. */
export const recordsMax = 64;

const typeNs = 2;
const typeCname = 5;
const typeSoa = 6;
const typeTxt = 16;
const classInternet = 1;
const flagRecursionDesired = 0x0100;
const codeNoError = 0;
export const codeServfail = 2;
const codeNoSuchName = 3;
export const codeRefused = 5;

export type AnswerRecord =
  | { readonly kind: 'text'; readonly owner: string; readonly text: string }
  | { readonly kind: 'alias'; readonly owner: string; readonly target: string };

export type Reply =
  /** Not a reply to this question: another id, another question, or no reply at all. */
  | { readonly kind: 'foreign' }
  | { readonly kind: 'malformed' }
  | { readonly kind: 'truncated' }
  | { readonly kind: 'too-large' }
  | { readonly kind: 'error-code'; readonly code: number }
  | { readonly kind: 'no-such-name' }
  | {
      readonly kind: 'answer';
      readonly records: readonly AnswerRecord[];
      /** Points to other servers and holds nothing else. */
      readonly isReferral: boolean;
      readonly bytes: number;
    };

/** A TXT question for `name` (in the text form above), asking the resolver to resolve. */
export function writeQuestion(id: number, name: string): Buffer {
  const header = Buffer.alloc(headerBytes);
  header.writeUInt16BE(id, 0);
  header.writeUInt16BE(flagRecursionDesired, 2);
  header.writeUInt16BE(1, 4);
  const labels = name.split('.').map((label) => {
    const plain = label.replace(/\\([0-9]{3})/g, (_, code) => String.fromCharCode(Number(code)));
    return Buffer.concat([Buffer.from([plain.length]), Buffer.from(plain, 'latin1')]);
  });
  const tail = Buffer.from([0, 0, typeTxt, 0, classInternet]);
  return Buffer.concat([header, ...labels, tail]);
}

/** Judges a datagram or a message of a stream. Never throws; caps what it reads. */
export function readReply(bytes: Buffer, id: number, name: string): Reply {
  if (bytes.length < headerBytes || bytes.readUInt16BE(0) !== id) return { kind: 'foreign' };
  const flags = bytes.readUInt16BE(2);
  const isReply = (flags & 0x8000) !== 0;
  const opcode = (flags >> 11) & 0xf;
  if (!isReply || opcode !== 0) return { kind: 'foreign' };
  const code = flags & 0xf;
  const questions = bytes.readUInt16BE(4);
  const isError = code !== codeNoError && code !== codeNoSuchName;
  // A server that could not read the question may leave it out of its error (RFC 1035 4.1.1).
  if (isError && questions === 0) return { kind: 'error-code', code };
  try {
    const reader = new Reader(bytes, headerBytes);
    if (questions !== 1 || !reader.readQuestion(name)) return { kind: 'foreign' };
    if (isError) return { kind: 'error-code', code };
    if ((flags & 0x0200) !== 0) return { kind: 'truncated' };
    // With an alias in front, the code speaks of the last name (RFC 6604 3); either way nothing.
    if (code === codeNoSuchName) return { kind: 'no-such-name' };
    const count = bytes.readUInt16BE(6);
    if (count > recordsMax) return { kind: 'too-large' };
    const records = reader.readAnswers(count);
    const isReferral = records.length === 0 && reader.isReferral(bytes.readUInt16BE(8));
    return { kind: 'answer', records, isReferral, bytes: bytes.length };
  } catch (error) {
    if (error instanceof Unreadable || error instanceof RangeError) return { kind: 'malformed' };
    throw error;
  }
}

class Unreadable extends Error {}

/** Walks one message from front to back; throws `Unreadable` or RangeError at the first fault. */
class Reader {
  readonly #bytes: Buffer;
  #offset: number;

  constructor(bytes: Buffer, offset: number) {
    this.#bytes = bytes;
    this.#offset = offset;
  }

  /** Whether the question section repeats what was asked. */
  readQuestion(name: string): boolean {
    const asked = this.#readName();
    const type = this.#readNumber();
    const isInternet = this.#readNumber() === classInternet;
    return asked === name && type === typeTxt && isInternet;
  }

  /** TXT and CNAME records of the Internet class; records of other types are stepped over. */
  readAnswers(count: number): AnswerRecord[] {
    const records: AnswerRecord[] = [];
    for (let index = 0; index < count; index++) {
      const { owner, type, end } = this.#readRecordHead();
      if (type === typeTxt) records.push({ kind: 'text', owner, text: this.#readText(end) });
      if (type === typeCname) {
        records.push({ kind: 'alias', owner, target: this.#readName() });
        if (this.#offset !== end) throw new Unreadable();
      }
      this.#offset = end;
    }
    return records;
  }

  /** NS records without the SOA of a "no such record" answer (RFC 2308 2.2). */
  isReferral(count: number): boolean {
    const types = new Set<number>();
    for (let index = 0; index < count; index++) {
      const { type, end } = this.#readRecordHead();
      types.add(type);
      this.#offset = end;
    }
    return types.has(typeNs) && !types.has(typeSoa);
  }

  /** Type 0 stands for a record of another class. */
  #readRecordHead(): { owner: string; type: number; end: number } {
    const owner = this.#readName();
    const type = this.#readNumber();
    const isInternet = this.#readNumber() === classInternet;
    this.#offset += 4;
    const length = this.#readNumber();
    const end = this.#offset + length;
    if (end > this.#bytes.length) throw new Unreadable();
    return { owner, type: isInternet ? type : 0, end };
  }

  #readNumber(): number {
    const number = this.#bytes.readUInt16BE(this.#offset);
    this.#offset += 2;
    return number;
  }

  /** Joins the character-strings up to `end`; they must fill the record exactly. */
  #readText(end: number): string {
    let text = '';
    let offset = this.#offset;
    while (offset < end) {
      const length = this.#bytes.readUInt8(offset);
      if (offset + 1 + length > end) throw new Unreadable();
      text += this.#bytes.toString('latin1', offset + 1, offset + 1 + length);
      offset += 1 + length;
    }
    return text;
  }

  /** A pointer must lead to before the part it stands in, so that no loop can be walked. */
  #readName(): string {
    const labels: string[] = [];
    let offset = this.#offset;
    let partStart = offset;
    let after: number | undefined;
    let nameBytes = 1;
    for (;;) {
      const length = this.#bytes.readUInt8(offset);
      if (length === 0) break;
      if (length >= 0xc0) {
        const target = this.#bytes.readUInt16BE(offset) & 0x3fff;
        after ??= offset + 2;
        if (target >= partStart) throw new Unreadable();
        offset = target;
        partStart = target;
        continue;
      }
      nameBytes += length + 1;
      const isTooLong = nameBytes > nameBytesMax || offset + 1 + length > this.#bytes.length;
      if (length > labelBytesMax || isTooLong) throw new Unreadable();
      labels.push(labelText(this.#bytes.subarray(offset + 1, offset + 1 + length)));
      offset += 1 + length;
    }
    this.#offset = after ?? offset + 1;
    return labels.join('.');
  }
}

function labelText(label: Buffer): string {
  const text = label.toString('latin1');
  return text.replace(/[^a-z0-9_-]/g, (character) => {
    const code = character.charCodeAt(0);
    const isUpperCase = code >= 0x41 && code <= 0x5a;
    return isUpperCase ? character.toLowerCase() : `\\${String(code).padStart(3, '0')}`;
  });
}
