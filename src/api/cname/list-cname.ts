/**
 * ListCname: the domains of the bucket, all of them, by domain. A bucket without any is answered
 * with Bucket and Owner alone. A domain that moved to another account is still shown, Disabled, so
 * that its former owner learns of it.
 *
 * https://help.aliyun.com/en/oss/developer-reference/listcname
 */
import type { Certificates, StoredCertificate } from '../../certificates/index.ts';
import type { Cname, DomainListing } from '../../cname/index.ts';
import type { HttpResponse } from '../../http/index.ts';
import { element, type XmlNode } from '../../xml/index.ts';
import type { OperationContext } from '../types.ts';
import { answerDocument, bucketOf, checkNoBody } from './exchange.ts';

export async function listCname(context: OperationContext): Promise<HttpResponse> {
  await checkNoBody(context);
  const bucket = bucketOf(context);
  const { cnames, certificates, world } = context.services;
  const listing = await cnames.listDomains(bucket);
  const now = world.clock.now();
  return answerDocument(
    element(
      'ListCnameResult',
      element('Bucket', bucket.name),
      element('Owner', bucket.accountId),
      ...listing.map((each) => renderCname(each, certificates, now)),
    ),
  );
}

/** Element order as the service writes it; elements of ours come last. */
function renderCname(
  { cname, certificate }: DomainListing,
  certificates: Certificates,
  now: number,
): XmlNode {
  return element(
    'Cname',
    element('Domain', cname.domain),
    element('LastModified', formatIsoSeconds(cname.mappedAt)),
    element('Status', cname.status),
    element('IsPurgeCdnCache', String(cname.isPurgeCdnCache)),
    renderCertificate(cname, certificate, certificates, now),
    // Clients know no other type than the usual one, so only the unusual is named.
    cname.type === 'CNAME_OSS' ? undefined : element('CnameType', cname.type),
  );
}

function renderCertificate(
  { binding }: Cname,
  certificate: StoredCertificate | undefined,
  certificates: Certificates,
  now: number,
): XmlNode | undefined {
  if (binding === undefined || certificate === undefined) return undefined;
  return element(
    'Certificate',
    element('Type', binding.type),
    element('CertId', certificates.formatCertificateId(certificate.number)),
    element('Status', certificates.isUsable(certificate, now) ? 'Enabled' : 'Disabled'),
    element('CreationDate', new Date(binding.boundAt).toUTCString()),
    element('Fingerprint', certificate.fingerprint),
    element('ValidStartDate', formatAsOpenssl(certificate.validFrom)),
    element('ValidEndDate', formatAsOpenssl(certificate.validTo)),
    ...certificates.warningsOf(certificate, now).map((warning) => element('Warning', warning)),
  );
}

/** `2026-11-22T09:41:07.000Z`: the service always writes whole seconds (oss-protocol.md 2.2). */
function formatIsoSeconds(instant: number): string {
  return `${new Date(instant).toISOString().slice(0, 19)}.000Z`;
}

/** `Nov  1 00:00:00 2026 GMT`, the day padded with a blank (custom-domain.md 4.1). */
function formatAsOpenssl(instant: number): string {
  const [, day = '', month, year, time] = new Date(instant).toUTCString().split(' ');
  return `${month} ${String(Number(day)).padStart(2)} ${time} ${year} GMT`;
}
