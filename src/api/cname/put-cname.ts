/**
 * PutCname: maps a domain to the bucket, and binds, replaces or unbinds its certificate, all in one
 * step or not at all. This file reads the document and refuses what has no meaning (check 3 of
 * custom-domain.md 2.6); every later check is the room cname's, which calls back for the
 * certificate once ownership is clear.
 *
 * https://www.alibabacloud.com/help/en/oss/developer-reference/putcname
 */
import type { CertificateRequest } from '../../certificates/index.ts';
import type { Bucket, CnameType } from '../../cname/index.ts';
import { OssError } from '../../errors/index.ts';
import type { HttpResponse } from '../../http/index.ts';
import type { XmlElement } from '../../xml/index.ts';
import { certificateActions } from '../actions.ts';
import { childBoolean, childText, invalidArgument, malformedXml, onlyChild } from '../document.ts';
import type { OperationContext } from '../types.ts';
import { actorOf, answerNothing, bucketOf, readDomainText, readSizedCname } from './exchange.ts';

interface PutCnameRequest {
  readonly domainText: string;
  readonly type: CnameType | undefined;
  readonly isPurgeCdnCache: boolean | undefined;
  readonly certificate: CertificateRequest;
}

/** DESIGN ruling 17: what a document may measure that brings no certificate. */
const bytesMaxWithoutCertificate = 64 * 1024;

export async function putCname(context: OperationContext): Promise<HttpResponse> {
  const bucket = bucketOf(context);
  const { cname, length } = await readSizedCname(context);
  const request = parsePutCname(cname);
  checkLength(length, request);
  await demandCertificates(context, bucket, request.certificate);
  const { cnames, certificates } = context.services;
  await cnames.mapDomain({
    bucket,
    domainText: request.domainText,
    type: request.type,
    isPurgeCdnCache: request.isPurgeCdnCache,
    isUnbind: request.certificate.isUnbind,
    prepareBinding: (domain) =>
      certificates.prepareBinding(bucket.accountId, domain, request.certificate),
    formatCertificateId: (number) => certificates.formatCertificateId(number),
    actor: actorOf(context),
  });
  return answerNothing();
}

/** Taking a certificate out is no use of one (access-control.md 5). */
async function demandCertificates(
  { rights }: OperationContext,
  { accountId }: Bucket,
  { certId, certificatePem, privateKeyPem }: CertificateRequest,
): Promise<void> {
  if ((certId ?? certificatePem ?? privateKeyPem) === undefined) return;
  for (const action of certificateActions) {
    await rights.demandOf(action, { service: 'yundun-cert', accountId, relative: '*' });
  }
}

function checkLength(length: number, { certificate }: PutCnameRequest): void {
  const hasCertificate = certificate.certificatePem !== undefined;
  if (length > bytesMaxWithoutCertificate && !hasCertificate) {
    const limit = `${bytesMaxWithoutCertificate} bytes`;
    throw new OssError('EntityTooLarge', {
      message: `Without a certificate this document may not be larger than ${limit}.`,
    });
  }
}

function parsePutCname(cname: XmlElement): PutCnameRequest {
  const domainText = readDomainText(cname);
  const configuration = onlyChild(cname, 'CertificateConfiguration');
  refuseUnavailable(cname);
  if (configuration !== undefined) refuseUnavailable(configuration);
  return {
    domainText,
    type: parseType(cname),
    isPurgeCdnCache: parsePurge(cname),
    certificate: parseCertificate(configuration),
  };
}

/**
 * Elements of newer versions of the API. They change what the domain serves or who may read it, so
 * that to ignore one would be to do something else than was asked (custom-domain.md 2.1). `Status`
 * is ignored: one sample of the reference carries it, with no meaning given.
 */
function refuseUnavailable(parent: XmlElement): void {
  if (childBoolean(parent, 'IsWildCard') === true) {
    throw invalidArgument(
      'IsWildCard',
      'true',
      'Wildcard domains are not available on this server: map each exact domain name.',
    );
  }
  if (onlyChild(parent, 'ClientCaConfiguration') !== undefined) {
    throw notAvailable('ClientCaConfiguration', 'Client certificates');
  }
  for (const name of ['AccessPointName', 'AccessPointNameForObjectProcess']) {
    if (childText(parent, name)) throw notAvailable(name, 'Access points');
  }
}

function notAvailable(name: string, what: string): OssError {
  return new OssError('NotImplemented', {
    message: `${what} are not available on this server: leave ${name} out.`,
    fields: { Header: name },
  });
}

/** Our extension (DESIGN ruling 5). */
function parseType(cname: XmlElement): CnameType | undefined {
  const text = childText(cname, 'CnameType') || undefined;
  if (text === undefined || text === 'CNAME_OSS' || text === 'CNAME_IMG') return text;
  throw invalidArgument('CnameType', text, 'CnameType must be CNAME_OSS or CNAME_IMG.');
}

/** The reference shows both places; the one nearer to the fact counts. */
function parsePurge(cname: XmlElement): boolean | undefined {
  const configuration = onlyChild(cname, 'PurgeConfiguration');
  const inner = configuration && childBoolean(configuration, 'IsPurgeCdnCache');
  return inner ?? childBoolean(cname, 'IsPurgeCdnCache');
}

/**
 * Absent and empty are one thing throughout: Terraform sends an empty configuration to map only,
 * and an empty PreviousCertId on update (custom-domain.md 12).
 */
function parseCertificate(configuration: XmlElement | undefined): CertificateRequest {
  const text = (name: string): string | undefined =>
    (configuration && childText(configuration, name)) || undefined;
  const flag = (name: string): boolean =>
    (configuration && childBoolean(configuration, name)) ?? false;
  const request: CertificateRequest = {
    certId: text('CertId'),
    certificatePem: text('Certificate'),
    privateKeyPem: text('PrivateKey'),
    previousCertId: text('PreviousCertId'),
    isForced: flag('Force'),
    isUnbind: flag('DeleteCertificate'),
  };
  if (request.isUnbind) refuseUnbindWith(request);
  return request;
}

/**
 * DeleteCertificate=true stands alone, but for the guard. DeleteCertificate=false is as if absent:
 * one official SDK always sends it, beside whatever else (DESIGN ruling 3).
 */
function refuseUnbindWith(request: CertificateRequest): void {
  const beside = [
    { name: 'Force', isThere: request.isForced },
    { name: 'CertId', isThere: request.certId !== undefined },
    { name: 'Certificate', isThere: request.certificatePem !== undefined },
    { name: 'PrivateKey', isThere: request.privateKeyPem !== undefined },
  ].find(({ isThere }) => isThere);
  if (beside === undefined) return;
  throw malformedXml(`DeleteCertificate with the value true excludes ${beside.name}`);
}
