import { createHmac, hash, type KeyObject } from 'node:crypto';

/**
 * Signatures cover bytes, and headers reach us as bytes. This room keeps everything it signs as a
 * byte string: one character per byte (latin1), the form in which Node hands over header values.
 */
export type ByteString = string;

// biome-ignore lint/suspicious/noControlCharactersInRegex: the range is ASCII.
const asciiOnly = /^[\x00-\x7f]*$/;

/** The UTF-8 bytes of a text. */
export function bytesOfText(text: string): ByteString {
  return asciiOnly.test(text) ? text : Buffer.from(text, 'utf8').toString('latin1');
}

/** The text behind the bytes; what is not UTF-8 becomes U+FFFD. For showing, never for signing. */
export function textOfBytes(bytes: ByteString): string {
  return asciiOnly.test(bytes) ? bytes : Buffer.from(bytes, 'latin1').toString('utf8');
}

/** Upper-case hex, one pair per byte, separated by spaces: how error documents show bytes. */
export function hexOfBytes(bytes: ByteString): string {
  const hex = Buffer.from(bytes, 'latin1').toString('hex').toUpperCase();
  return hex.replace(/..(?!$)/g, '$& ');
}

export function sha256Hex(bytes: ByteString): string {
  return hash('sha256', Buffer.from(bytes, 'latin1'), 'hex');
}

export function hmacSha256(key: string | Uint8Array, bytes: ByteString): Buffer {
  return createHmac('sha256', key).update(bytes, 'latin1').digest();
}

export function hmacSha256Hex(key: KeyObject, bytes: ByteString): string {
  return createHmac('sha256', key).update(bytes, 'latin1').digest('hex');
}

export function hmacSha1(key: string, bytes: ByteString): Buffer {
  return createHmac('sha1', key).update(bytes, 'latin1').digest();
}

/** Byte order, which for byte strings is the order of their characters. */
export function compareBytes(left: ByteString, right: ByteString): number {
  return left < right ? -1 : left > right ? 1 : 0;
}
