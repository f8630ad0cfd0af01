/** Bodies and calls of the CNAME operations, for tests whose subject is something else. */
import type { TestCertificate } from './certificates.ts';
import type { Answer, SignedClient } from './signed-client.ts';

export interface PutCnameOptions {
  readonly certificate?: Pick<TestCertificate, 'chainPem' | 'keyPem'>;
  readonly isUnbind?: boolean;
}

/** Certificates are forced: whatever was bound before is replaced. */
export function putCnameDocument(domain: string, options: PutCnameOptions = {}): string {
  const { certificate, isUnbind = false } = options;
  const parts = certificate
    ? `<Certificate>${certificate.chainPem}</Certificate>` +
      `<PrivateKey>${certificate.keyPem}</PrivateKey><Force>true</Force>`
    : isUnbind
      ? '<DeleteCertificate>true</DeleteCertificate>'
      : '';
  const configuration = parts && `<CertificateConfiguration>${parts}</CertificateConfiguration>`;
  return (
    '<BucketCnameConfiguration><Cname>' +
    `<Domain>${domain}</Domain>${configuration}</Cname></BucketCnameConfiguration>`
  );
}

export function putCname(
  client: SignedClient,
  bucket: string,
  domain: string,
  options: PutCnameOptions = {},
): Promise<Answer> {
  const query = { cname: undefined, comp: 'add' };
  return client.call({ method: 'POST', bucket, query, body: putCnameDocument(domain, options) });
}

export function deleteCname(client: SignedClient, bucket: string, domain: string): Promise<Answer> {
  const query = { cname: undefined, comp: 'delete' };
  return client.call({ method: 'POST', bucket, query, body: putCnameDocument(domain) });
}
