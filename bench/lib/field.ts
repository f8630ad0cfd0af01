/** A data folder made ready for a measurement, and the server on it, pinned to its core. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type ServerProcess, startServerProcess } from '../../test/support/server-process.ts';
import {
  type Answer,
  createSignedClient,
  type SignedClient,
} from '../../test/support/signed-client.ts';
import { domainOf, fill } from '../fill.ts';
import {
  type BenchAuthority,
  type BenchCertificate,
  createBenchAuthority,
} from './certificates.ts';
import { serverPrefix } from './processes.ts';

export const credentials = {
  accessKeyId: 'LTAIBenchRootKey00000000',
  accessKeySecret: 'bench-root-secret-0123456789abcdef',
};
export const bucketPrefix = 'bench';
export const firstBucket = `${bucketPrefix}-0`;
export const files: Readonly<Record<string, number>> = { '4k': 4_096, '64k': 65_536 };

export interface Field {
  readonly folder: string;
  readonly dataDir: string;
  readonly authority: BenchAuthority;
  /** The same files for servers that read folders. */
  readonly webRoot: string;
  /** `<domain>.pem` (chain and key), `.crt` and `.key`; empty unless asked for. */
  readonly certificateFolder: string;
  readonly fillSeconds: number;
}

export async function expectOk(call: Promise<Answer>): Promise<string> {
  const { status, body } = await call;
  if (status !== 200) throw new Error(`${status} ${body.toString()}`);
  return body.toString();
}

export async function startCnamed(
  field: Pick<Field, 'dataDir'>,
  prefix: readonly string[] = [],
  { workers = 1, isOnAllCores = false }: { workers?: number; isOnAllCores?: boolean } = {},
): Promise<{ server: ServerProcess; client: (connections?: number) => SignedClient }> {
  const server = await startServerProcess({
    ...credentials,
    dataDir: field.dataDir,
    prefix: [...(isOnAllCores ? [] : serverPrefix), ...prefix],
    settings: {
      OWNERSHIP: 'off',
      CNAME_PER_BUCKET: '1000000',
      LOG_LEVEL: 'warn',
      WORKERS: String(workers),
      CONNECTIONS_PER_ADDRESS: '1000',
    },
  });
  if (!server) throw new Error('the server was killed at its start');
  const { httpPort: port } = server;
  return {
    server,
    client: (connections = 1) => createSignedClient({ port, credentials, connections }),
  };
}

/** `domains` mapped domains; the files lie in the first bucket. */
export async function prepareField(options: {
  folder: string;
  domains: number;
  domainsPerBucket: number;
  hasCertificateFiles: boolean;
}): Promise<Field> {
  const { folder, domains: count, domainsPerBucket } = options;
  const dataDir = join(folder, 'data');
  const webRoot = join(folder, 'www');
  const certificateFolder = join(folder, 'certificates');
  await mkdir(webRoot, { recursive: true });
  await mkdir(certificateFolder, { recursive: true });
  const authority = createBenchAuthority(Date.now());
  const accountId = await putFiles(dataDir, webRoot);
  const writes: Promise<void>[] = [];
  const save = (domain: string, { chainPem, keyPem }: BenchCertificate) => {
    const path = join(certificateFolder, domain);
    writes.push(writeFile(`${path}.pem`, chainPem + keyPem));
    if (domain !== domainOf(0)) return;
    writes.push(writeFile(`${path}.crt`, chainPem), writeFile(`${path}.key`, keyPem));
  };
  const fillSeconds = await fill({
    dataDir,
    count,
    bucketPrefix,
    accountId,
    domainsPerBucket,
    authority,
    ...(options.hasCertificateFiles ? { onCertificate: save } : {}),
  });
  await Promise.all(writes);
  return { folder, dataDir, authority, webRoot, certificateFolder, fillSeconds };
}

/** Returns the root account's id. */
async function putFiles(dataDir: string, webRoot: string): Promise<string> {
  const { server, client } = await startCnamed({ dataDir });
  const caller = client();
  await expectOk(
    caller.call({ method: 'PUT', bucket: firstBucket, headers: { 'x-oss-acl': 'public-read' } }),
  );
  for (const [key, size] of Object.entries(files)) {
    const body = Buffer.alloc(size, 'the same bytes for everyone. ');
    const headers = { 'content-type': 'application/octet-stream' };
    await expectOk(caller.call({ method: 'PUT', bucket: firstBucket, key, headers, body }));
    await writeFile(join(webRoot, key), body);
  }
  const facts = await expectOk(
    caller.call({ bucket: firstBucket, query: { bucketInfo: undefined } }),
  );
  caller.close();
  await server.stop();
  return (
    /<Owner>\s*(?:<DisplayName>[^<]*<\/DisplayName>\s*)?<ID>(?<id>[^<]+)/.exec(facts)?.groups?.id ??
    ''
  );
}
