/**
 * PEM as callers send it. Documents and tools collapse line ends into blanks, put explanations
 * between the blocks and wrap at any width, all of which OpenSSL refuses (custom-domain.md 2.1): so
 * blocks are taken apart here and only their DER goes on. Pure; one pass over the text.
 */

/** One BEGIN..END block. */
export interface PemBlock {
  /** `CERTIFICATE`, `RSA PRIVATE KEY` ... */
  readonly label: string;
  /** The owner overwrites it with zeros when it holds a key. */
  readonly der: Buffer;
  /** It names a cipher in its headers (RFC 1421 4.6.1.1), so that `der` is empty. */
  readonly isEncrypted: boolean;
}

/** Why a text is no PEM, as the end of a sentence that begins with the element's name. */
export class PemProblem extends Error {}

/** RFC 7468 section 2 asks for 64. */
const columns = 64;

const begin = '-----BEGIN ';
const dashes = '-----';

/**
 * The blocks of the text in order; text between them is skipped (RFC 7468 section 2).
 * @throws PemProblem when a block does not end, is empty or is not base64.
 */
export function readPemBlocks(text: string): PemBlock[] {
  const blocks: PemBlock[] = [];
  let position = text.indexOf(begin);
  while (position !== -1) {
    const labelStart = position + begin.length;
    const labelEnd = text.indexOf(dashes, labelStart);
    const label = text.slice(labelStart, labelEnd);
    if (labelEnd === -1 || !/^[A-Z0-9][A-Z0-9 ]{0,39}$/.test(label)) {
      throw new PemProblem('holds a BEGIN line that is not well-formed');
    }
    const bodyStart = labelEnd + dashes.length;
    const end = `-----END ${label}-----`;
    const bodyEnd = text.indexOf(end, bodyStart);
    if (bodyEnd === -1) throw new PemProblem(`holds a ${label} block without its END line`);
    blocks.push(readBlock(label, text.slice(bodyStart, bodyEnd)));
    position = text.indexOf(begin, bodyEnd + end.length);
  }
  return blocks;
}

function readBlock(label: string, body: string): PemBlock {
  if (/DEK-Info:|4,\s*ENCRYPTED/.test(body)) {
    return { label, der: Buffer.alloc(0), isEncrypted: true };
  }
  const base64 = body.replace(/\s+/g, '');
  if (base64 === '') throw new PemProblem(`holds an empty ${label} block`);
  if (base64.length % 4 !== 0 || !/^[A-Za-z0-9+/]+={0,2}$/.test(base64)) {
    throw new PemProblem(`holds a ${label} block that is not base64`);
  }
  return { label, der: Buffer.from(base64, 'base64'), isEncrypted: false };
}

/** One block in the form that every tool reads, a line end after each line. */
export function toPem(label: string, der: Uint8Array): string {
  const base64 = Buffer.from(der.buffer, der.byteOffset, der.byteLength).toString('base64');
  const lines = [`-----BEGIN ${label}-----`];
  for (let start = 0; start < base64.length; start += columns) {
    lines.push(base64.slice(start, start + columns));
  }
  lines.push(`-----END ${label}-----`, '');
  return lines.join('\n');
}
