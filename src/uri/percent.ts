import { isUtf8 } from 'node:buffer';

/** `bad-escape`: a `%` without two hex digits. `not-utf8`: the bytes are no text. */
export type DecodedText =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'bad-escape' }
  | { readonly kind: 'not-utf8' };

const percent = 0x25;
const plus = 0x2b;
const space = 0x20;

/** Nearly all paths and parameters: nothing to decode, the text stands for itself. */
const plain = /^[\x21-\x24\x26-\x2a\x2c-\x7e]*$/;

/**
 * Decodes `raw`, a byte string (latin1) as it came over the wire: escapes and bytes above 127 alike
 * become the bytes of one UTF-8 text. Dot segments, doubled slashes and NUL are left as they are.
 * `plusIsSpace` holds for query strings only; in a path `+` is a plus (oss-protocol.md 1.1).
 */
export function decodePercent(raw: string, plusIsSpace: boolean): DecodedText {
  if (plain.test(raw)) return { kind: 'text', text: raw };
  const bytes = Buffer.from(raw, 'latin1');
  let length = 0;
  for (let at = 0; at < bytes.length; at++) {
    let byte = bytes[at] ?? 0;
    if (byte === percent) {
      const high = hexValue(bytes[at + 1]);
      const low = hexValue(bytes[at + 2]);
      if (high < 0 || low < 0) return { kind: 'bad-escape' };
      byte = high * 16 + low;
      at += 2;
    } else if (byte === plus && plusIsSpace) {
      byte = space;
    }
    // In place: the decoded text is never longer than what was read of the raw one.
    bytes[length++] = byte;
  }
  const decoded = bytes.subarray(0, length);
  if (!isUtf8(decoded)) return { kind: 'not-utf8' };
  return { kind: 'text', text: decoded.toString('utf8') };
}

function hexValue(byte: number | undefined): number {
  if (byte === undefined) return -1;
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30;
  const lower = byte | 0x20;
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x61 + 10 : -1;
}
