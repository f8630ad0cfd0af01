import { createPrivateKey, type KeyObject } from 'node:crypto';
import { type PemBlock, PemProblem, readPemBlocks } from './pem.ts';
import { refuseCertificate } from './refusals.ts';

/** PEM label to the encoding inside: RFC 5958, RFC 8017 A.1.2, RFC 5915. */
const encodings: Readonly<Record<string, 'pkcs8' | 'pkcs1' | 'sec1'>> = {
  'PRIVATE KEY': 'pkcs8',
  'RSA PRIVATE KEY': 'pkcs1',
  'EC PRIVATE KEY': 'sec1',
};

/** `openssl ecparam -genkey` writes the curve in front of the key, which names it again. */
const curveLabel = 'EC PARAMETERS';

/**
 * The one private key of the PrivateKey element. Every copy of its bytes made here is overwritten;
 * the element's own text is a string, which cannot be (security.md 4.5).
 * @throws OssError InvalidArgument; never with a part of the text.
 */
export function parsePrivateKey(text: string): KeyObject {
  const blocks = readKeyBlocks(text);
  try {
    return importKey(onlyKeyBlock(blocks));
  } finally {
    for (const block of blocks) block.der.fill(0);
  }
}

function readKeyBlocks(text: string): PemBlock[] {
  try {
    return readPemBlocks(text).filter((block) => block.label !== curveLabel);
  } catch (problem) {
    if (problem instanceof PemProblem) throw unreadable(`PrivateKey ${problem.message}.`);
    throw problem;
  }
}

function onlyKeyBlock(blocks: readonly PemBlock[]): PemBlock {
  const [block, ...others] = blocks;
  if (block === undefined) {
    throw unreadable('PrivateKey holds no PEM block: it begins with a BEGIN PRIVATE KEY line.');
  }
  if (blocks.some((each) => each.label === 'CERTIFICATE')) {
    throw unreadable('PrivateKey holds a certificate: certificates belong into Certificate.');
  }
  if (others.length > 0) throw unreadable('PrivateKey holds more than one key.');
  if (block.isEncrypted || block.label === 'ENCRYPTED PRIVATE KEY') {
    throw refuseCertificate(
      'privateKeyEncrypted',
      'PrivateKey',
      'PrivateKey is encrypted with a passphrase: send it decrypted; it is sealed at rest here.',
    );
  }
  return block;
}

function importKey(block: PemBlock): KeyObject {
  const type = encodings[block.label];
  if (type === undefined) {
    throw unreadable(
      `PrivateKey holds a ${block.label} block: ` +
        'PRIVATE KEY, RSA PRIVATE KEY and EC PRIVATE KEY are read.',
    );
  }
  try {
    return createPrivateKey({ key: block.der, format: 'der', type });
  } catch {
    // OpenSSL's own words would not help the caller, and nothing of a key may travel in an error.
    throw unreadable(`PrivateKey holds a ${block.label} block that cannot be read as one.`);
  }
}

function unreadable(message: string) {
  return refuseCertificate('privateKeyUnreadable', 'PrivateKey', message);
}
