/**
 * Certificates made on the spot: authorities, intermediates, leaves, in every form a caller may
 * send them. Nothing here is checked in with a date.
 *
 *     const authority = await createAuthority({ now });
 *     const leaf = await authority.issue({ names: ['img.shop.example'] });
 *     leaf.chainPem, leaf.keyPem; tls.connect({ ca: authority.certificatePem })
 */
// @peculiar/x509 does not load without it.
import 'reflect-metadata';
import {
  generateKeyPairSync,
  type KeyObject,
  X509Certificate as NodeCertificate,
} from 'node:crypto';
import {
  AuthorityInfoAccessExtension,
  AuthorityKeyIdentifierExtension,
  BasicConstraintsExtension,
  type Extension,
  KeyUsageFlags,
  KeyUsagesExtension,
  SubjectAlternativeNameExtension,
  SubjectKeyIdentifierExtension,
  X509CertificateGenerator,
} from '@peculiar/x509';

export type KeyKind =
  | 'P-256'
  | 'P-384'
  | 'P-521'
  | 'secp256k1'
  | 'Ed25519'
  | 'RSA-1024'
  | 'RSA-2048'
  | 'RSA-3072';

export interface TestKey {
  readonly kind: KeyKind;
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
}

export interface ValidityOptions {
  /** The moment the certificate is made for, ms; the clock's when absent. */
  readonly now?: number;
  /** Ms; an hour before `now` when absent. */
  readonly notBefore?: number;
  /** Ms; 90 days after `now` when absent. */
  readonly notAfter?: number;
}

export interface LeafOptions extends ValidityOptions {
  /** Subject alternative names of type DNS; none at all when empty. */
  readonly names: readonly string[];
  /** Subject alternative names of type IP. */
  readonly addresses?: readonly string[];
  /** The first name when absent. */
  readonly commonName?: string;
  readonly key?: TestKey | KeyKind;
  /** Digest of the signature; SHA-1 for certificates that must be refused. */
  readonly digest?: 'SHA-1' | 'SHA-256' | 'SHA-384';
  /** RSASSA-PSS in place of PKCS#1 v1.5; only where the issuer's key is RSA. */
  readonly isPss?: boolean;
  /**
   * Where the issuer's certificate can be fetched, as public authorities write (RFC 5280 4.2.2.1).
   */
  readonly issuerUrl?: string;
}

export interface TestCertificate {
  /** The leaf alone. */
  readonly certificatePem: string;
  /** The leaf, then its intermediates. */
  readonly chainPem: string;
  /** PKCS#8. */
  readonly keyPem: string;
  readonly key: TestKey;
  readonly x509: NodeCertificate;
}

export interface TestAuthority {
  readonly certificatePem: string;
  readonly key: TestKey;
  issue(options: LeafOptions): Promise<TestCertificate>;
  /** An authority below this one: its leaves bring its certificate along in their chain. */
  issueAuthority(options?: AuthorityOptions): Promise<TestAuthority>;
}

export interface AuthorityOptions extends ValidityOptions {
  readonly commonName?: string;
  readonly key?: TestKey | KeyKind;
}

/**
 * A fresh pair. RSA of 2048 bits takes some 100 ms: make one and hand it on where many are needed.
 */
export function createKey(kind: KeyKind = 'P-256'): TestKey {
  const pair =
    kind === 'Ed25519'
      ? generateKeyPairSync('ed25519')
      : kind.startsWith('RSA-')
        ? generateKeyPairSync('rsa', { modulusLength: Number(kind.slice(4)) })
        : generateKeyPairSync('ec', { namedCurve: kind });
  return { kind, ...pair };
}

export async function createAuthority(options: AuthorityOptions = {}): Promise<TestAuthority> {
  const key = resolveKey(options.key);
  const subject = `CN=${options.commonName ?? 'Test Root'}`;
  const pem = await sign({
    subject,
    issuer: subject,
    subjectKey: key,
    issuerKey: key,
    validity: options,
    extensions: await authorityExtensions(key, key),
  });
  return authority({ subject, key, certificatePem: pem, chain: [] });
}

/** A leaf that nobody vouches for but itself. */
export async function createSelfSigned(options: LeafOptions): Promise<TestCertificate> {
  const key = resolveKey(options.key);
  const subject = subjectOf(options);
  const certificatePem = await sign({
    subject,
    issuer: subject,
    subjectKey: key,
    issuerKey: key,
    validity: options,
    digest: options.digest,
    isPss: options.isPss,
    extensions: leafExtensions(options),
  });
  return testCertificate(certificatePem, [], key);
}

/**
 * The same certificate, but naming MD5 with RSA as its signature algorithm. No library signs with
 * MD5 any more; the signature is wrong, which nobody looks at in a leaf.
 */
export function withMd5Signature(certificate: TestCertificate): string {
  const oid = (last: number): Buffer =>
    Buffer.from([0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, last]);
  const hex = certificate.x509.raw
    .toString('hex')
    .replaceAll(oid(11).toString('hex'), oid(4).toString('hex'));
  return toPem(Buffer.from(hex, 'hex'));
}

/** The private key as other tools write it. PKCS#1 is for RSA keys only, SEC1 for EC keys only. */
export function keyPemAs(
  key: TestKey,
  form: 'pkcs1' | 'pkcs8' | 'sec1' | 'encrypted-pkcs8' | 'encrypted-pkcs1',
): string {
  if (form === 'encrypted-pkcs8' || form === 'encrypted-pkcs1') {
    const type = form === 'encrypted-pkcs8' ? 'pkcs8' : 'pkcs1';
    const cipher = { cipher: 'aes-256-cbc', passphrase: 'secret' } as const;
    return String(key.privateKey.export({ type, format: 'pem', ...cipher }));
  }
  return String(key.privateKey.export({ type: form, format: 'pem' }));
}

interface Issuer {
  readonly subject: string;
  readonly key: TestKey;
  readonly certificatePem: string;
  /** What a leaf of this issuer brings along besides itself, nearest first; never the root. */
  readonly chain: readonly string[];
}

function authority(issuer: Issuer): TestAuthority {
  return {
    certificatePem: issuer.certificatePem,
    key: issuer.key,
    async issue(options) {
      const key = resolveKey(options.key);
      const certificatePem = await sign({
        subject: subjectOf(options),
        issuer: issuer.subject,
        subjectKey: key,
        issuerKey: issuer.key,
        validity: options,
        digest: options.digest,
        isPss: options.isPss,
        extensions: [...leafExtensions(options), await authorityKeyIdentifier(issuer.key)],
      });
      return testCertificate(certificatePem, issuer.chain, key);
    },
    async issueAuthority(options = {}) {
      const key = resolveKey(options.key);
      const subject = `CN=${options.commonName ?? 'Test Intermediate'}`;
      const certificatePem = await sign({
        subject,
        issuer: issuer.subject,
        subjectKey: key,
        issuerKey: issuer.key,
        validity: options,
        extensions: await authorityExtensions(key, issuer.key),
      });
      return authority({ subject, key, certificatePem, chain: [certificatePem, ...issuer.chain] });
    },
  };
}

function resolveKey(key: TestKey | KeyKind | undefined): TestKey {
  return typeof key === 'object' ? key : createKey(key);
}

function subjectOf(options: LeafOptions): string {
  return `CN=${options.commonName ?? options.names[0] ?? 'Test Leaf'}`;
}

function leafExtensions(options: LeafOptions): Extension[] {
  const names = [
    ...options.names.map((value) => ({ type: 'dns' as const, value })),
    ...(options.addresses ?? []).map((value) => ({ type: 'ip' as const, value })),
  ];
  const extensions: Extension[] = [];
  if (names.length > 0) extensions.push(new SubjectAlternativeNameExtension(names));
  if (options.issuerUrl !== undefined) {
    extensions.push(new AuthorityInfoAccessExtension({ caIssuers: [options.issuerUrl] }));
  }
  return extensions;
}

async function authorityExtensions(key: TestKey, issuerKey: TestKey): Promise<Extension[]> {
  return [
    new BasicConstraintsExtension(true, undefined, true),
    new KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign, true),
    await SubjectKeyIdentifierExtension.create(spki(key)),
    await authorityKeyIdentifier(issuerKey),
  ];
}

function authorityKeyIdentifier(issuerKey: TestKey): Promise<Extension> {
  return AuthorityKeyIdentifierExtension.create(spki(issuerKey));
}

function testCertificate(
  certificatePem: string,
  chain: readonly string[],
  key: TestKey,
): TestCertificate {
  return {
    certificatePem,
    chainPem: [certificatePem, ...chain].join(''),
    keyPem: keyPemAs(key, 'pkcs8'),
    key,
    x509: new NodeCertificate(certificatePem),
  };
}

interface Signing {
  readonly subject: string;
  readonly issuer: string;
  readonly subjectKey: TestKey;
  readonly issuerKey: TestKey;
  readonly validity: ValidityOptions;
  readonly extensions: Extension[];
  readonly digest?: LeafOptions['digest'];
  readonly isPss?: boolean | undefined;
}

const hour = 3_600_000;

async function sign(signing: Signing): Promise<string> {
  const { issuerKey, validity } = signing;
  const now = validity.now ?? Date.now();
  const algorithm = signingAlgorithm(issuerKey.kind, signing.digest, signing.isPss);
  const certificate = await X509CertificateGenerator.create({
    subject: signing.subject,
    issuer: signing.issuer,
    notBefore: new Date(validity.notBefore ?? now - hour),
    notAfter: new Date(validity.notAfter ?? now + 90 * 24 * hour),
    publicKey: spki(signing.subjectKey),
    signingKey: issuerKey.privateKey.toCryptoKey(algorithm, false, ['sign']),
    signingAlgorithm: algorithm,
    extensions: signing.extensions,
  });
  return toPem(Buffer.from(certificate.rawData));
}

function signingAlgorithm(kind: KeyKind, digest = 'SHA-256', isPss = false) {
  if (kind === 'Ed25519') return { name: 'Ed25519', hash: digest };
  if (kind.startsWith('RSA-')) {
    return isPss
      ? { name: 'RSA-PSS', hash: digest, saltLength: 32 }
      : { name: 'RSASSA-PKCS1-v1_5', hash: digest };
  }
  return { name: 'ECDSA', namedCurve: kind, hash: digest };
}

function spki(key: TestKey): ArrayBuffer {
  return new Uint8Array(key.publicKey.export({ type: 'spki', format: 'der' })).buffer;
}

/** One block, a line break at its end, as openssl writes it. */
function toPem(der: Buffer): string {
  const lines = der.toString('base64').match(/.{1,64}/g) ?? [];
  return `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`;
}
