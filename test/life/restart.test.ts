/**
 * What a server knows survives its stop: the same answers byte for byte, the same leaf in the
 * handshake. What must not start does not: a second server on the folder, a server whose master key
 * is lost, foreign or open to others. Every server here is a process of its own.
 */
import assert from 'node:assert/strict';
import {
  chmod,
  copyFile,
  mkdtemp,
  readdir,
  readFile,
  rename,
  rm,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { createAuthority, type TestAuthority } from '../support/certificates.ts';
import { type DnsServer, startDnsServer } from '../support/dns-server.ts';
import { withEdition } from '../support/editions.ts';
import { leafShown } from '../support/handshake.ts';
import { putCname, putCnameDocument } from '../support/put-cname.ts';
import type { TestCredentials } from '../support/sign.ts';
import {
  type Answer,
  createSignedClient,
  type SignedCall,
  type SignedClient,
} from '../support/signed-client.ts';
import { end, reservePort, run, type ServerProcess, serve } from './cli-process.ts';

const bucket = 'kept-bucket';
const pages = 'www.kept.example';
/** Mapped with a certificate, but nobody has opened it before the test that needs that. */
const untouched = ['a.untouched.example', 'b.untouched.example'] as const;
const plain = 'plain.kept.example';
const pending = 'pending.kept.example';

let folder: string;
let data: string;
let settings: Record<string, string>;
let environment: Record<string, string>;
let dns: DnsServer;
let authority: TestAuthority;
let server: ServerProcess | undefined;
let root: TestCredentials;
let ben: TestCredentials & { accountId: string };
/** Has a key that was never used before the test that needs that. */
let silent: TestCredentials & { accountId: string };
const leaves = new Map<string, string | undefined>();

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cnamed-restart-'));
  data = join(folder, 'data');
  dns = await startDnsServer();
  authority = await createAuthority();
  settings = {
    // The same addresses after each start, for answers that repeat them.
    CNAMED_HTTP: `127.0.0.1:${await reservePort()}`,
    CNAMED_HTTPS: `127.0.0.1:${await reservePort()}`,
    CNAMED_CONSOLE: 'off',
    CNAMED_DNS_SERVERS: dns.server,
    CNAMED_LOG_LEVEL: 'warn',
  };
  environment = await environmentOn(data);
  server = await serve({ environment });
  const line = await server.until(/^\{.*accessKeySecret.*\}$/m, 'stderr');
  root = JSON.parse(line[0]);
  ben = await createAccount('ben');
  silent = await createAccount('silent');
  await furnish();
});

after(async () => {
  await end(server);
  await dns.close();
  await rm(folder, { recursive: true, force: true });
});

/** Settings of a server on this data folder, with what the edition has for it. */
function environmentOn(dataDir: string): Promise<Record<string, string>> {
  return withEdition(dataDir, { ...settings, CNAMED_DATA_DIR: dataDir });
}

async function createAccount(name: string): Promise<TestCredentials & { accountId: string }> {
  const made = await run(['account', 'create', name, '--json'], { environment });
  assert.equal(made.code, 0, made.stderr);
  return JSON.parse(made.stdout);
}

async function restart(): Promise<void> {
  const finished = await end(server);
  server = undefined;
  assert.equal(finished?.code, 0, finished?.stderr ?? '');
  server = await serve({ environment });
}

async function withClient<T>(who: TestCredentials, work: (client: SignedClient) => Promise<T>) {
  assert.ok(server);
  const client = createSignedClient({ port: server.httpPort, credentials: who });
  try {
    return await work(client);
  } finally {
    client.close();
  }
}

async function expect(status: number, asked: Promise<Answer>): Promise<Answer> {
  const answer = await asked;
  assert.equal(answer.status, status, answer.body.toString());
  return answer;
}

/** Maps a domain of `bucket` with a proof; binds a certificate of its own when asked. */
async function map(client: SignedClient, domain: string, isSecure: boolean): Promise<void> {
  const query = { cname: undefined, comp: 'token' };
  const body = putCnameDocument(domain);
  const issued = await expect(200, client.call({ method: 'POST', bucket, query, body }));
  const token = /<Token>(.*)<\/Token>/.exec(issued.body.toString())?.[1] ?? '';
  dns.txt(`_dnsauth.${domain}`, token);
  const certificate = isSecure ? await authority.issue({ names: [domain] }) : undefined;
  await expect(200, putCname(client, bucket, domain, certificate ? { certificate } : {}));
  dns.remove(`_dnsauth.${domain}`);
  leaves.set(domain, certificate?.x509.fingerprint256);
}

async function furnish(): Promise<void> {
  await withClient(root, async (client) => {
    const acl = { 'x-oss-acl': 'public-read' };
    await expect(200, client.call({ method: 'PUT', bucket, headers: acl }));
    const headers = { 'content-type': 'text/html', 'x-oss-meta-author': 'ann' };
    await expect(
      200,
      client.call({ method: 'PUT', bucket, key: 'index.html', headers, body: 'welcome' }),
    );
    await expect(
      200,
      client.call({ method: 'PUT', bucket, key: 'a/\u4e2d+&.bin', body: Buffer.alloc(700_000, 7) }),
    );
    await expect(200, client.call({ method: 'PUT', bucket, key: 'empty' }));
    const body =
      '<WebsiteConfiguration><IndexDocument><Suffix>index.html</Suffix></IndexDocument>' +
      '</WebsiteConfiguration>';
    await expect(200, client.call({ method: 'PUT', bucket, query: { website: undefined }, body }));
    await map(client, pages, true);
    await map(client, plain, false);
    for (const domain of untouched) await map(client, domain, true);
    const query = { cname: undefined, comp: 'token' };
    await client.call({ method: 'POST', bucket, query, body: putCnameDocument(pending) });
  });
  await withClient(ben, async (client) => {
    await expect(200, client.call({ method: 'PUT', bucket: 'bens-bucket' }));
    await expect(200, client.call({ method: 'PUT', bucket: 'bens-bucket', key: 'k', body: 'b' }));
  });
}

const calls: readonly SignedCall[] = [
  {},
  { bucket, query: { bucketInfo: undefined } },
  { bucket, query: { stat: undefined } },
  { bucket, query: { acl: undefined } },
  { bucket, query: { website: undefined } },
  { bucket, query: { 'list-type': '2' } },
  { bucket, query: { cname: undefined } },
  { bucket, query: { comp: 'token', cname: pending } },
  { bucket, query: { comp: 'token', cname: pages } },
  { bucket, key: 'index.html' },
  { bucket, key: 'a/\u4e2d+&.bin' },
  { bucket, key: 'a/\u4e2d+&.bin', headers: { range: 'bytes=65530-65550' } },
  { bucket, key: 'empty' },
  { bucket, key: 'never-was' },
  { bucket: 'bens-bucket', key: 'k' },
];

/** Every answer without what differs from one request to the next, and every leaf. */
async function snapshot(): Promise<string[]> {
  const seen: string[] = [];
  for (const who of [root, ben]) {
    await withClient(who, async (client) => {
      for (const call of calls)
        seen.push(JSON.stringify(call), renderStable(await client.call(call)));
      for (const host of [pages, plain, 'nobody.example']) {
        for (const path of ['/', '/index.html', '/gone']) {
          seen.push(`${host}${path}`, renderStable(await client.get(host, path)));
        }
      }
    });
  }
  for (const domain of [pages, plain, 'nobody.example']) {
    seen.push(`leaf of ${domain}: ${await leafShown(server?.httpsPort ?? 0, domain)}`);
  }
  return seen;
}

const volatile = new Set(['date', 'x-oss-request-id', 'x-oss-server-time']);

function renderStable({ status, headers, body }: Answer): string {
  const kept = Object.entries(headers).filter(([name]) => !volatile.has(name));
  const text = body.toString('latin1').replace(/<RequestId>.*<\/RequestId>/, '');
  return `${status} ${JSON.stringify(kept)} ${text}`;
}

/** `cnamed serve` must end by itself with this message, and leave the data as it was. */
async function assertRefused(pattern: RegExp, changes: Record<string, string> = {}): Promise<void> {
  const before = await readdir(data);
  const refused = await run(['serve'], { environment: { ...environment, ...changes } });
  assert.equal(refused.code, 1);
  assert.equal(refused.stdout, '', 'it never said that it is ready');
  assert.match(refused.stderr, pattern);
  assert.doesNotMatch(refused.stderr, /\n\s+at /, 'a message for people, no stack');
  const after = await readdir(data);
  assert.deepEqual(
    after.filter((name) => !before.includes(name)),
    [],
  );
}

test('a restart changes no answer and no leaf', async () => {
  const before = await snapshot();
  assert.ok(before.some((text) => text.includes(leaves.get(pages) ?? '-')));
  await restart();
  assert.deepEqual(await snapshot(), before);
  await restart();
  assert.deepEqual(await snapshot(), before);
});

test('the generated key is said once and never again', async () => {
  assert.doesNotMatch(server?.stderr() ?? '', /accessKeySecret/);
  await withClient(root, (client) => expect(200, client.call({})));
});

test('a token from before the restart proves its domain after it', async () => {
  await withClient(root, async (client) => {
    const query = { comp: 'token', cname: pending };
    const found = await expect(200, client.call({ bucket, query }));
    const token = /<Token>(.*)<\/Token>/.exec(found.body.toString())?.[1] ?? '';
    await expect(403, putCname(client, bucket, pending));
    dns.txt(`_dnsauth.${pending}`, token);
    await expect(200, putCname(client, bucket, pending));
    assert.equal((await client.get(pending, '/')).body.toString(), 'welcome');
  });
});

test('a second server on the folder is refused, and the first one goes on', async () => {
  const before = await snapshot();
  const elsewhere = {
    CNAMED_HTTP: '127.0.0.1:0',
    CNAMED_HTTPS: '127.0.0.1:0',
    CNAMED_CONSOLE: 'off',
  };
  await assertRefused(/Another cnamed server is running on .*data\. Stop it first/, elsewhere);
  assert.deepEqual(await snapshot(), before);
});

test('a server on an address that is taken says so and holds nothing', async () => {
  const refused = await run(['serve'], { environment: await environmentOn(join(folder, 'other')) });
  assert.equal(refused.code, 1);
  assert.match(refused.stderr, /EADDRINUSE[\s\S]*next: Something else listens there already/);
  assert.doesNotMatch(refused.stdout, /ready/);
});

test('a master key that is lost, foreign, cut or open to others refuses the start', async () => {
  const before = await snapshot();
  await end(server);
  server = undefined;
  const path = join(data, 'master.key');
  const copy = join(folder, 'copy.key');
  await copyFile(path, copy);

  await rename(path, join(folder, 'moved.key'));
  await assertRefused(/master key file .*master\.key is missing.*Restore it/);
  await assertRefused(/master key file .*elsewhere\.key is missing/, {
    CNAMED_MASTER_KEY_FILE: join(folder, 'elsewhere.key'),
  });
  assert.ok(!(await readdir(folder)).includes('elsewhere.key'), 'no new key in its place');

  const otherData = join(folder, 'foreign');
  const foreign = await serve({
    environment: {
      ...(await environmentOn(otherData)),
      CNAMED_HTTP: '127.0.0.1:0',
      CNAMED_HTTPS: '127.0.0.1:0',
      CNAMED_CONSOLE: 'off',
    },
  });
  await end(foreign);
  await copyFile(join(otherData, 'master.key'), path);
  await chmod(path, 0o600);
  await assertRefused(/sealed under master key [0-9a-f]{8}, which .* does not hold/);

  const text = await readFile(copy, 'latin1');
  await writeFile(path, text.slice(0, -9));
  await assertRefused(/master key file .* is damaged/);
  const [version = ''] = /[0-9a-f]{8}(?= [0-9a-f]{64})/.exec(text) ?? [];
  await writeFile(path, `${version} ${'0'.repeat(64)}\n`);
  await assertRefused(/does not open under master key/);
  await writeFile(path, '');
  await assertRefused(/master key file .* is damaged/);

  await copyFile(copy, path);
  for (const mode of [0o644, 0o640, 0o604]) {
    await chmod(path, mode);
    await assertRefused(/open to other users \(mode 06[04][04]\)\. Run: chmod 600 /);
  }
  await chmod(path, 0o600);
  server = await serve({ environment });
  assert.deepEqual(await snapshot(), before);
});

async function rotate(): Promise<void> {
  const rotated = await run(['master-key', 'rotate', '--json'], { environment });
  assert.equal(rotated.code, 0, rotated.stderr);
}

/** Handshakes and logins that nobody has tried since the last start. */
async function assertUnknownOnes(domain: string, who: TestCredentials): Promise<void> {
  assert.equal(await leafShown(server?.httpsPort ?? 0, domain), leaves.get(domain));
  await withClient(who, (client) => expect(200, client.call({})));
}

test('the master key changes under a running server; new handshakes and logins go on', async () => {
  const before = await snapshot();
  const path = join(data, 'master.key');
  const keysIn = async () => (await readFile(path, 'latin1')).match(/^[0-9a-f]{8} /gm) ?? [];
  assert.equal((await keysIn()).length, 1);
  const [a, b] = untouched;

  await rotate();
  assert.equal((await keysIn()).length, 2);
  await assertUnknownOnes(a, silent);
  assert.deepEqual(await snapshot(), before);
  const later = await createAccount('later');
  await withClient(root, (client) => map(client, 'later.kept.example', true));
  await assertUnknownOnes('later.kept.example', later);

  await rotate();
  await withClient(root, (client) => map(client, 'last.kept.example', true));
  await restart();
  await assertUnknownOnes(b, later);
  await assertUnknownOnes(a, silent);
  await assertUnknownOnes('later.kept.example', ben);
  await assertUnknownOnes('last.kept.example', root);

  await rotate();
  await assertUnknownOnes('last.kept.example', silent);
  await restart();
  for (const domain of [a, b, pages, 'later.kept.example', 'last.kept.example']) {
    await assertUnknownOnes(domain, later);
  }
  assert.equal((await keysIn()).length, 4);
});

test('a rotation that was cut short is named, and the server starts all the same', async () => {
  const left = join(data, 'master.key.next');
  await writeFile(left, '# half of a file', { mode: 0o600 });
  const refused = await run(['master-key', 'rotate'], { environment });
  assert.equal(refused.code, 1);
  assert.match(refused.stderr, /cut short.*remove .*master\.key\.next/s);
  await restart();
  await assertUnknownOnes(pages, root);
  await rm(left);
  await rotate();
  await assertUnknownOnes(pages, ben);
});
