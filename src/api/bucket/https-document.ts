/** The HttpsConfiguration document, read and written (oss-bucket-api.md, custom-domain.md 9). */
import { type CipherRules, type HttpsDocument, tlsVersions } from '../../buckets/index.ts';
import { element, type XmlElement, type XmlNode } from '../../xml/index.ts';
import { childBoolean, malformedXml, onlyChild } from '../document.ts';

/** RFC 8446 B.4. */
const suitesTls13: readonly string[] = [
  'TLS_AES_128_GCM_SHA256',
  'TLS_AES_256_GCM_SHA384',
  'TLS_CHACHA20_POLY1305_SHA256',
  'TLS_AES_128_CCM_SHA256',
  'TLS_AES_128_CCM_8_SHA256',
];

/**
 * The names that OpenSSL gives suites of TLS 1.2 and below: key exchange, cipher, and a mode or a
 * hash.
 */
const suite =
  /^(?:(?:ECDHE-(?:ECDSA|RSA)|DHE-(?:RSA|DSS)|ECDHE)-)?(?:(?:AES|ARIA|CAMELLIA)(?:128|256)(?:-(?:GCM-SHA(?:256|384)|CCM8?|SHA(?:256|384)?))|CHACHA20-POLY1305|DES-CBC3-SHA)$/;

/** @throws OssError MalformedXML, for unknown names too (an official suite asserts it). */
export function parseHttps(root: XmlElement): HttpsDocument {
  const tls = onlyChild(root, 'TLS');
  const ciphers = onlyChild(root, 'CipherSuite');
  if (tls === undefined && ciphers === undefined) {
    throw malformedXml('HttpsConfiguration needs TLS or CipherSuite');
  }
  return {
    versions: tls === undefined ? [] : parseVersions(tls),
    ciphers: ciphers && parseCiphers(ciphers),
  };
}

function parseVersions(tls: XmlElement): HttpsDocument['versions'] {
  if (!isEnabled(tls)) return [];
  const names = texts(tls, 'TLSVersion');
  if (names.length === 0) throw malformedXml('TLS is enabled without any TLSVersion');
  return names.map((name) => {
    const version = tlsVersions.find((each) => each === name);
    if (version === undefined) throw malformedXml(`TLSVersion must be ${tlsVersions.join(', ')}`);
    return version;
  });
}

function parseCiphers(ciphers: XmlElement): CipherRules {
  if (!isEnabled(ciphers)) return { isEnabled: false, custom: [], customTls13: [] };
  const custom = texts(ciphers, 'CustomCipherSuite');
  const customTls13 = texts(ciphers, 'TLS13CustomCipherSuite');
  if (!custom.every((name) => suite.test(name))) {
    throw malformedXml('CustomCipherSuite must be the name of a suite of TLS 1.2 or below');
  }
  if (!customTls13.every((name) => suitesTls13.includes(name))) {
    throw malformedXml('TLS13CustomCipherSuite must be the name of a suite of TLS 1.3');
  }
  const isStrong = childBoolean(ciphers, 'StrongCipherSuite');
  return { isEnabled: true, isStrong, custom, customTls13 };
}

function isEnabled(parent: XmlElement): boolean {
  const enabled = childBoolean(parent, 'Enable');
  if (enabled === undefined) throw malformedXml(`${parent.name} needs Enable`);
  return enabled;
}

/** Each once: an official suite asserts it. */
function texts(parent: XmlElement, name: string): string[] {
  return [...new Set(parent.childrenNamed(name).flatMap(({ text }) => text.trim() || []))];
}

/** The same form as it was put in. */
export function renderHttps({ versions, ciphers }: HttpsDocument): XmlNode {
  return element(
    'HttpsConfiguration',
    element('TLS', enable(versions.length > 0), ...each('TLSVersion', versions)),
    ciphers && renderCiphers(ciphers),
  );
}

function renderCiphers({ isEnabled, isStrong, custom, customTls13 }: CipherRules): XmlNode {
  return element(
    'CipherSuite',
    enable(isEnabled),
    isStrong === undefined ? undefined : element('StrongCipherSuite', String(isStrong)),
    ...each('CustomCipherSuite', custom),
    ...each('TLS13CustomCipherSuite', customTls13),
  );
}

const enable = (isEnabled: boolean): XmlNode => element('Enable', String(isEnabled));

function each(name: string, values: readonly string[]): XmlNode[] {
  return values.map((value) => element(name, value));
}
