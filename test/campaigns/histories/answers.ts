/** The five operations on the wire: what is sent, and what an answer says. */
import type { TestCertificate } from '../../support/certificates.ts';
import type { Answer as HttpAnswer, SignedCall } from '../../support/signed-client.ts';
import type { Answer, CertificateRequest, ListedDomain, Operation } from './model.ts';

export type Request = Exclude<Operation, { kind: 'publish' }>;

export function callOf(request: Request, certificates: readonly TestCertificate[]): SignedCall {
  const { bucket } = request;
  switch (request.kind) {
    case 'ListCname':
      return { method: 'GET', bucket, query: { cname: undefined } };
    case 'GetCnameToken':
      return { method: 'GET', bucket, query: { comp: 'token', cname: request.domain } };
    case 'CreateCnameToken':
      return post(bucket, 'token', request.domain);
    case 'DeleteCname':
      return post(bucket, 'delete', request.domain);
    case 'PutCname':
      return post(bucket, 'add', request.domain, elementsOf(request.certificate, certificates));
  }
}

function post(bucket: string, comp: string, domain: string, certificate = ''): SignedCall {
  const configuration =
    certificate && `<CertificateConfiguration>${certificate}</CertificateConfiguration>`;
  const body = `<BucketCnameConfiguration><Cname><Domain>${domain}</Domain>${configuration}</Cname></BucketCnameConfiguration>`;
  return { method: 'POST', bucket, query: { cname: undefined, comp }, body };
}

function elementsOf(request: CertificateRequest, certificates: readonly TestCertificate[]): string {
  if (request.form === 'none') return '';
  const previous =
    request.previous === undefined ? '' : `<PreviousCertId>${request.previous}</PreviousCertId>`;
  if (request.form === 'unbind') return `${previous}<DeleteCertificate>true</DeleteCertificate>`;
  const force = request.isForced ? '<Force>true</Force>' : '';
  if (request.form === 'stored') return `<CertId>${request.id}</CertId>${previous}${force}`;
  const material = certificates[request.number];
  return (
    `<Certificate>${material?.chainPem}</Certificate>` +
    `<PrivateKey>${material?.keyPem}</PrivateKey>${previous}${force}`
  );
}

/** `undefined` when the answer leaves open whether the operation took effect. */
export function readAnswer(
  kind: Request['kind'],
  { status, body }: HttpAnswer,
): Answer | undefined {
  if (status >= 500) return undefined;
  const text = body.toString();
  if (status !== 200) {
    const code = textOf(text, 'Code') ?? `status ${status}`;
    const detail = code === 'InvalidArgument' ? ` ${textOf(text, 'EC')}` : '';
    return { kind: 'refused', code: code + detail };
  }
  if (kind === 'ListCname') return { kind: 'list', domains: readList(text) };
  const token = textOf(text, 'Token');
  return token === undefined ? { kind: 'done' } : { kind: 'token', token };
}

function readList(text: string): ListedDomain[] {
  return [...text.matchAll(/<Cname>(.*?)<\/Cname>/gs)].map(([, entry = '']) => {
    const certificate = elementOf(entry, 'Certificate');
    const facts = certificate === undefined ? entry : entry.replace(certificate, '');
    return {
      domain: textOf(facts, 'Domain') ?? '',
      status: textOf(facts, 'Status') ?? '',
      ...(certificate === undefined
        ? {}
        : {
            certificate: {
              id: textOf(certificate, 'CertId') ?? '',
              fingerprint: textOf(certificate, 'Fingerprint') ?? '',
              type: textOf(certificate, 'Type') ?? '',
            },
          }),
    };
  });
}

function textOf(text: string, name: string): string | undefined {
  return elementOf(text, name)?.trim();
}

function elementOf(text: string, name: string): string | undefined {
  return new RegExp(`<${name}>(.*?)</${name}>`, 's').exec(text)?.[1];
}
