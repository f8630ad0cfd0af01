/** The documents of the five operations: requests written, answers read (custom-domain.md). */
import { CnameError } from './error.ts';
import type { Answer } from './transport.ts';
import type {
  CnameList,
  CnameToken,
  ListedCertificate,
  ListedCname,
  PutCnameCall,
} from './types.ts';
import { childOf, readXml, textOf, writeXml, type XmlElement } from './xml.ts';

export function renderDomain(domain: string): string {
  return writeXml('BucketCnameConfiguration', [['Cname', [['Domain', domain]]]]);
}

/** Elements in the order of the reference: some services validate a sequence. */
export function renderPutCname(call: PutCnameCall): string {
  const certificate = call.certificateConfiguration;
  return writeXml('BucketCnameConfiguration', [
    [
      'Cname',
      [
        ['Domain', call.domain],
        ['CnameType', call.cnameType],
        [
          'CertificateConfiguration',
          certificate && [
            ['CertId', certificate.certId],
            ['Certificate', certificate.certificate],
            ['PrivateKey', certificate.privateKey],
            ['PreviousCertId', certificate.previousCertId],
            ['Force', certificate.force],
            ['DeleteCertificate', certificate.deleteCertificate],
          ],
        ],
      ],
    ],
  ]);
}

export function readToken(answer: Answer): CnameToken {
  const root = readRoot(answer, ['CnameToken']);
  const domain = textOf(root, 'Cname');
  const token = textOf(root, 'Token');
  if (domain === '' || token === '') throw unexpected(answer, 'The answer holds no token.');
  return {
    bucket: textOf(root, 'Bucket'),
    domain,
    token,
    txtName: `_dnsauth.${domain}`,
    expiresAt: readDate(textOf(root, 'ExpireTime')),
    requestId: requestIdOf(answer),
  };
}

export function readList(answer: Answer): CnameList {
  // The second name is that of very old services (custom-domain.md 4.1).
  const root = readRoot(answer, ['ListCnameResult', 'CnameConfiguration']);
  return {
    bucket: textOf(root, 'Bucket'),
    owner: textOf(root, 'Owner'),
    cnames: root.children.filter((child) => child.name === 'Cname').map(readCname),
    requestId: requestIdOf(answer),
  };
}

function readCname(element: XmlElement): ListedCname {
  const certificate = childOf(element, 'Certificate');
  return {
    domain: textOf(element, 'Domain'),
    lastModified: readDate(textOf(element, 'LastModified')),
    status: textOf(element, 'Status'),
    isPurgeCdnCache: textOf(element, 'IsPurgeCdnCache').toLowerCase() === 'true',
    certificate: certificate && readCertificate(certificate),
  };
}

function readCertificate(element: XmlElement): ListedCertificate {
  return {
    type: textOf(element, 'Type'),
    certId: textOf(element, 'CertId'),
    status: textOf(element, 'Status'),
    creationDate: readDate(textOf(element, 'CreationDate')),
    fingerprint: textOf(element, 'Fingerprint'),
    validStartDate: readDate(textOf(element, 'ValidStartDate')),
    validEndDate: readDate(textOf(element, 'ValidEndDate')),
  };
}

/** The error document, or what its headers still tell when there is none. */
export function readError(answer: Answer): CnameError {
  const facts = {
    status: answer.status,
    ec: answer.headers['x-oss-ec'],
    requestId: requestIdOf(answer),
    retryAfterSeconds: readSeconds(answer.headers['retry-after']),
  };
  const root = readErrorRoot(answer);
  if (!root) {
    return new CnameError({
      ...facts,
      code: 'UnexpectedAnswer',
      message: `The service answered ${answer.status} without an error document.`,
    });
  }
  const known = ['Code', 'Message', 'RequestId', 'HostId', 'EC'];
  const fields = root.children
    .filter((child) => !known.includes(child.name))
    .map((child) => [child.name, child.text] as const);
  return new CnameError({
    ...facts,
    code: textOf(root, 'Code') || 'UnexpectedAnswer',
    message: textOf(root, 'Message') || `The service answered ${answer.status}.`,
    ec: textOf(root, 'EC') || facts.ec,
    requestId: textOf(root, 'RequestId') || facts.requestId,
    hostId: textOf(root, 'HostId'),
    fields: Object.fromEntries(fields),
  });
}

function readErrorRoot(answer: Answer): XmlElement | undefined {
  const encoded = answer.headers['x-oss-err'];
  const inHeader = encoded ? Buffer.from(encoded, 'base64').toString('utf8') : '';
  try {
    const root = readXml(answer.body.toString('utf8') || inHeader);
    return root.name === 'Error' ? root : undefined;
  } catch {
    return undefined;
  }
}

function readRoot(answer: Answer, names: readonly string[]): XmlElement {
  let root: XmlElement;
  try {
    root = readXml(answer.body.toString('utf8'));
  } catch (cause) {
    throw unexpected(answer, 'The answer is not an XML document.', cause);
  }
  if (names.includes(root.name)) return root;
  throw unexpected(answer, `The answer is a ${root.name} where a ${names[0]} was due.`);
}

function unexpected(answer: Answer, message: string, cause?: unknown): CnameError {
  return new CnameError({
    code: 'UnexpectedAnswer',
    message,
    status: answer.status,
    requestId: requestIdOf(answer),
    cause,
  });
}

export function requestIdOf(answer: Answer): string {
  return answer.headers['x-oss-request-id'] ?? '';
}

function readSeconds(text: string | undefined): number | undefined {
  return text !== undefined && /^\d{1,6}$/.test(text) ? Number(text) : undefined;
}

/**
 * RFC 1123, ISO 8601, and the form OpenSSL prints (`Jan  3 23:59:59 2027 GMT`): all three occur
 * (custom-domain.md 4.1).
 */
export function readDate(text: string): Date | undefined {
  const openssl = /^([A-Z][a-z]{2}) +(\d{1,2}) (\d\d:\d\d:\d\d) (\d{4}) GMT$/.exec(text);
  const ms = openssl
    ? Date.parse(`${openssl[2]} ${openssl[1]} ${openssl[4]} ${openssl[3]} GMT`)
    : Date.parse(text);
  return Number.isNaN(ms) ? undefined : new Date(ms);
}
