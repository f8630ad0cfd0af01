/**
 * Very many leaf certificates under one authority, quickly: DER written by hand, one P-256 key
 * each. For measurements only; tests make theirs with a library.
 */
import {
  createHash,
  generateKeyPairSync,
  type KeyObject,
  sign,
  X509Certificate,
} from 'node:crypto';

export interface BenchCertificate {
  readonly chainPem: string;
  readonly keyPem: string;
  readonly fingerprint: string;
  readonly fingerprint256: string;
}

export interface BenchAuthority {
  readonly certificatePem: string;
  issue(domain: string): BenchCertificate;
}

const dayMs = 86_400_000;

export function createBenchAuthority(now: number): BenchAuthority {
  const name = commonName('cnamed bench authority');
  const keys = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const validity = { from: now - dayMs, to: now + 3_650 * dayMs };
  const isAuthority = extension('551d13', true, sequence(tlv(0x01, Buffer.from([0xff]))));
  const root = certificate({
    ...validity,
    issuer: name,
    subject: name,
    publicKey: keys.publicKey,
    signer: keys.privateKey,
    extensions: [isAuthority],
  });
  const certificatePem = pemOf(root);
  return {
    certificatePem,
    issue(domain) {
      const own = generateKeyPairSync('ec', { namedCurve: 'P-256' });
      const names = sequence(tlv(0x82, Buffer.from(domain, 'ascii')));
      const der = certificate({
        from: now - dayMs,
        to: now + 365 * dayMs,
        issuer: name,
        subject: commonName(domain),
        publicKey: own.publicKey,
        signer: keys.privateKey,
        extensions: [extension('551d11', false, names)],
      });
      const hash = (algorithm: string) =>
        createHash(algorithm).update(der).digest('hex').toUpperCase().match(/../g)?.join(':') ?? '';
      return {
        chainPem: pemOf(der) + certificatePem,
        keyPem: own.privateKey.export({ type: 'pkcs8', format: 'pem' }) as string,
        fingerprint: hash('sha1'),
        fingerprint256: hash('sha256'),
      };
    },
  };
}

/** One element of DER: tag, length, content (X.690 8.1). */
function tlv(tag: number, ...content: readonly Buffer[]): Buffer {
  const body = Buffer.concat(content);
  if (body.length < 0x80) return Buffer.concat([Buffer.from([tag, body.length]), body]);
  const length = Buffer.from(body.length.toString(16).padStart(4, '0'), 'hex');
  return Buffer.concat([Buffer.from([tag, 0x82]), length, body]);
}

const sequence = (...content: readonly Buffer[]): Buffer => tlv(0x30, ...content);
const oid = (hex: string): Buffer => tlv(0x06, Buffer.from(hex, 'hex'));
/** 1.2.840.10045.4.3.2 */
const ecdsaWithSha256 = sequence(oid('2a8648ce3d040302'));

/** `hex` is the body of the extension's object identifier. */
function extension(hex: string, isCritical: boolean, value: Buffer): Buffer {
  const critical = isCritical ? [tlv(0x01, Buffer.from([0xff]))] : [];
  return sequence(oid(hex), ...critical, tlv(0x04, value));
}

function commonName(text: string): Buffer {
  return sequence(tlv(0x31, sequence(oid('550403'), tlv(0x0c, Buffer.from(text)))));
}

/** A time of X.509, to the second. */
function time(at: number): Buffer {
  const text = new Date(at).toISOString();
  const isShort = Number(text.slice(0, 4)) < 2050;
  const digits = `${text.replace(/[-:T]|\..*/g, '')}Z`;
  // RFC 5280 4.1.2.5: UTCTime until 2049.
  return isShort ? tlv(0x17, Buffer.from(digits.slice(2))) : tlv(0x18, Buffer.from(digits));
}

let lastSerial = 0;

function certificate(facts: {
  from: number;
  to: number;
  issuer: Buffer;
  subject: Buffer;
  publicKey: KeyObject;
  signer: KeyObject;
  extensions: readonly Buffer[];
}): Buffer {
  lastSerial++;
  const body = sequence(
    tlv(0xa0, tlv(0x02, Buffer.from([2]))),
    tlv(0x02, Buffer.from(`01${lastSerial.toString(16).padStart(14, '0')}`, 'hex')),
    ecdsaWithSha256,
    facts.issuer,
    sequence(time(facts.from), time(facts.to)),
    facts.subject,
    facts.publicKey.export({ type: 'spki', format: 'der' }),
    tlv(0xa3, sequence(...facts.extensions)),
  );
  const signature = sign('sha256', body, facts.signer);
  return sequence(body, ecdsaWithSha256, tlv(0x03, Buffer.from([0]), signature));
}

function pemOf(der: Buffer): string {
  const lines = der.toString('base64').match(/.{1,64}/g) ?? [];
  return `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`;
}

/** When the leaf is valid, as the store keeps it. */
export function validityOf(chainPem: string): { validFrom: number; validTo: number } {
  const { validFrom, validTo } = new X509Certificate(chainPem);
  return { validFrom: Date.parse(validFrom), validTo: Date.parse(validTo) };
}
