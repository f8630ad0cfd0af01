import { createCipheriv, createDecipheriv } from 'node:crypto';
import { SealingError } from './problem.ts';

/**
 * The sealed text: `s1.<version>.<base64url>`. The payload is, in this order: nonce and tag of the
 * wrapping, the wrapped data key, nonce and tag of the text, the encrypted text. Both encryptions
 * bind the caller's context (AAD), so neither half can be moved to another envelope.
 */
const format = 's1';
const cipherName = 'aes-256-gcm';
export const keyBytes = 32;
/** 96 bits: the size GCM is specified for (NIST SP 800-38D section 8.2). */
const nonceBytes = 12;
const tagBytes = 16;
const boxOverhead = nonceBytes + tagBytes;
const wrappedBytes = boxOverhead + keyBytes;

export interface Envelope {
  /** Which master key wraps the data key. */
  readonly version: string;
  readonly wrapped: Buffer;
  readonly text: Buffer;
}

export function renderEnvelope(envelope: Envelope): string {
  const payload = Buffer.concat([envelope.wrapped, envelope.text]).toString('base64url');
  return `${format}.${envelope.version}.${payload}`;
}

export function parseEnvelope(sealed: string): Envelope {
  const [tag, version, payload, ...rest] = sealed.split('.');
  if (tag !== format || !version || !payload || rest.length > 0) {
    throw new SealingError('A sealed text is damaged: it does not have the form of one.');
  }
  const bytes = Buffer.from(payload, 'base64url');
  if (bytes.length < wrappedBytes + boxOverhead || bytes.toString('base64url') !== payload) {
    throw new SealingError('A sealed text is damaged: it was cut short or changed.');
  }
  const wrapped = bytes.subarray(0, wrappedBytes);
  return { version, wrapped, text: bytes.subarray(wrappedBytes) };
}

/** Nonce, tag, encrypted bytes. */
export function encrypt(key: Buffer, nonce: Buffer, aad: string, plain: Uint8Array): Buffer {
  const cipher = createCipheriv(cipherName, key, nonce, { authTagLength: tagBytes });
  cipher.setAAD(Buffer.from(aad, 'utf8'));
  const encrypted = Buffer.concat([cipher.update(plain), cipher.final()]);
  return Buffer.concat([nonce, cipher.getAuthTag(), encrypted]);
}

/** Undefined when key, context or bytes are not those of `encrypt`. */
export function decrypt(key: Buffer, aad: string, box: Buffer): Buffer | undefined {
  const nonce = box.subarray(0, nonceBytes);
  const decipher = createDecipheriv(cipherName, key, nonce, { authTagLength: tagBytes });
  decipher.setAAD(Buffer.from(aad, 'utf8'));
  decipher.setAuthTag(box.subarray(nonceBytes, boxOverhead));
  const plain = decipher.update(box.subarray(boxOverhead));
  try {
    return Buffer.concat([plain, decipher.final()]);
  } catch {
    return undefined;
  } finally {
    plain.fill(0);
  }
}

export const nonceLength = nonceBytes;

/** The context a data key is wrapped in; apart from that of texts, so that halves never swap. */
export function wrappingContext(version: string, aad: string): string {
  return `data-key\n${version}\n${aad}`;
}

export function textContext(aad: string): string {
  return `text\n${aad}`;
}
