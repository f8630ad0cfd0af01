/** Azurite, which emulates Azure's blobs, on the same files: they lie in a public container. */
import { createHmac, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync, realpathSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { request as requestPlain } from 'node:http';
import { request as requestSecure } from 'node:https';
import { join } from 'node:path';
import { freePort } from '../../test/support/postgres/cluster.ts';
import { domainOf } from '../fill.ts';
import { type Field, files } from './field.ts';
import type { OtherServer } from './others.ts';
import { startServer } from './processes.ts';
import { findTool } from './tools.ts';

const account = 'bench';
const container = `/${account}/files`;
const apiVersion = '2021-12-02';

/** One process serves one scheme, so there are two; only one of them is ever under load. */
export async function startAzurite(field: Field): Promise<OtherServer> {
  const plain = await startOne(field, false);
  try {
    const secure = await startOne(field, true);
    return {
      pid: plain.pid,
      readyAfterMs: plain.readyAfterMs,
      httpPort: plain.port,
      httpsPid: secure.pid,
      httpsPort: secure.port,
      path: `${container}/`,
      stop: () => Promise.all([plain.stop(), secure.stop()]),
    };
  } catch (error) {
    await plain.stop();
    throw error;
  }
}

async function startOne(field: Field, isSecure: boolean) {
  const port = await freePort();
  const folder = join(field.folder, isSecure ? 'azurite-https' : 'azurite-http');
  await mkdir(folder, { recursive: true });
  const first = join(field.certificateFolder, domainOf(0));
  const key = randomBytes(64);
  const program = realpathSync(findTool('azurite') ?? '').replace(/azurite\.js$/, 'blob/main.js');
  const command = [
    ...[process.execPath, program, '--silent', '--disableTelemetry', '--location', folder],
    ...['--blobHost', '127.0.0.1', '--blobPort', String(port), '--disableProductStyleUrl'],
    ...(isSecure ? ['--cert', `${first}.crt`, '--key', `${first}.key`] : []),
  ];
  const accounts = { AZURITE_ACCOUNTS: `${account}:${key.toString('base64')}` };
  const server = await startServer(command, port, accounts);
  const put = (path: string, headers: Readonly<Record<string, string>>, body = Buffer.alloc(0)) =>
    putSigned({ field, port, isSecure, key, path, headers, body });
  try {
    await put(`${container}?restype=container`, { 'x-ms-blob-public-access': 'blob' });
    for (const name of Object.keys(files)) {
      const body = readFileSync(join(field.webRoot, name));
      await put(`${container}/${name}`, { 'x-ms-blob-type': 'BlockBlob' }, body);
    }
  } catch (error) {
    await server.stop();
    throw error;
  }
  return { port, ...server };
}

interface Put {
  readonly field: Field;
  readonly port: number;
  readonly isSecure: boolean;
  readonly key: Buffer;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

/** Signed by Shared Key, as Azure's page "Authorize with Shared Key" says. */
async function putSigned({ field, port, isSecure, key, path, headers, body }: Put): Promise<void> {
  const ours: Record<string, string> = {
    ...headers,
    'x-ms-date': new Date().toUTCString(),
    'x-ms-version': apiVersion,
  };
  const named = Object.entries(ours)
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .map(([name, value]) => `${name}:${value}`);
  const [plainPath = '', query] = path.split('?');
  const length = body.length > 0 ? String(body.length) : '';
  const resource = [`/${account}${plainPath}`, ...(query ? [query.replace('=', ':')] : [])];
  // Verb, encoding, language, length, MD5, type, date, five conditions, range.
  const text = ['PUT', '', '', length, ...Array(8).fill(''), ...named, ...resource].join('\n');
  const signature = createHmac('sha256', key).update(text).digest('base64');
  const outgoing = (isSecure ? requestSecure : requestPlain)({
    host: '127.0.0.1',
    port,
    path,
    method: 'PUT',
    headers: {
      ...ours,
      'content-length': body.length,
      authorization: `SharedKey ${account}:${signature}`,
    },
    ...(isSecure ? { ca: field.authority.certificatePem, servername: domainOf(0) } : {}),
  }).end(body);
  const [incoming] = await once(outgoing, 'response');
  incoming.resume();
  if (incoming.statusCode !== 201) throw new Error(`Azurite answered ${incoming.statusCode}`);
}
