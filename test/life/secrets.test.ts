/**
 * Canaries: private keys, access key secrets, the master key and the signatures of presigned URLs
 * are looked for in everything the server gives away (security.md 4.4): answers, logs at their most
 * talkative, audit records, listings, the printed configuration, the raw files of the data folder
 * and, where the database is no file there, all its rows. The server is a process of its own; each
 * search is shown to find what must be there.
 */
import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import {
  createAuthority,
  createKey,
  keyPemAs,
  type TestAuthority,
  type TestCertificate,
} from '../support/certificates.ts';
import { openDatabaseOf } from '../support/database.ts';
import { type DnsServer, startDnsServer } from '../support/dns-server.ts';
import { editionUnderTest, withEdition } from '../support/editions.ts';
import { leafShown } from '../support/handshake.ts';
import { ask, handshakeFailure } from '../support/raw-client.ts';
import {
  type RequestToSign,
  requestBytes,
  type SignedRequest,
  signHeaderV1,
  signHeaderV4,
  signUrlV1,
  signUrlV4,
} from '../support/sign.ts';
import { end, reservePort, run, type ServerProcess, serve } from './cli-process.ts';

const bucket = 'canary-bucket';
const domain = 'www.canary.example';
const root = {
  accessKeyId: 'LTAICanaryRootKey0000000',
  accessKeySecret: 'canary-root-secret-Zq7Rj2Lw9Xv4Tn6B',
};

let folder: string;
let data: string;
let environment: Record<string, string>;
let dns: DnsServer;
let authority: TestAuthority;
let server: ServerProcess | undefined;
let ben: { accessKeyId: string; accessKeySecret: string };
const ecKey = createKey('P-256');
const rsaKey = createKey('RSA-2048');
const ecNext = createKey('P-384');
let ec: TestCertificate;
let rsa: TestCertificate;
let next: TestCertificate;
/** All bytes that came back, in order. */
const answers: Buffer[] = [];
/** Standard output and error of every server that has run. */
const said: string[] = [];
/** Signatures of URLs that were used: whoever reads one in a log could use it again. */
const urlSignatures: string[] = [];

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cnamed-secrets-'));
  data = join(folder, 'data');
  dns = await startDnsServer();
  authority = await createAuthority();
  ec = await authority.issue({ names: [domain], key: ecKey });
  rsa = await authority.issue({ names: [domain], key: rsaKey });
  next = await authority.issue({ names: [domain], key: ecNext });
  environment = await withEdition(data, {
    CNAMED_HTTP: `127.0.0.1:${await reservePort()}`,
    CNAMED_HTTPS: '127.0.0.1:0',
    CNAMED_CONSOLE: 'off',
    CNAMED_DATA_DIR: data,
    CNAMED_DNS_SERVERS: dns.server,
    CNAMED_ACCESS_KEY_ID: root.accessKeyId,
    CNAMED_ACCESS_KEY_SECRET: root.accessKeySecret,
    CNAMED_LOG_LEVEL: 'trace',
  });
  await startServer();
  ben = JSON.parse(await cli('account', 'create', 'ben', '--json'));
  await playSession();
});

after(async () => {
  await end(server);
  await dns.close();
  await rm(folder, { recursive: true, force: true });
});

async function startServer(): Promise<void> {
  server = await serve({ environment });
}

async function stopServer(signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
  const finished = await end(server, signal);
  server = undefined;
  said.push(finished?.stdout ?? '', finished?.stderr ?? '');
}

async function cli(...words: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await run(words, { environment });
  assert.equal(code, 0, stderr);
  return stdout + stderr;
}

async function send(signed: SignedRequest, body: string | Buffer = ''): Promise<string> {
  const port = server?.httpPort ?? 0;
  const {
    status,
    rawHeaders,
    body: content,
  } = await ask({ port }, requestBytes(signed, body), signed.method);
  const head = rawHeaders.map(([name, value]) => `${name}: ${value}\r\n`).join('');
  const carried = rawHeaders.find(([name]) => name.toLowerCase() === 'x-oss-err')?.[1] ?? '';
  const parts = [Buffer.from(head), content, Buffer.from(carried, 'base64')];
  answers.push(Buffer.concat([Buffer.from(`${status}\r\n`), ...parts]));
  return `${status} ${content}`;
}

type Facts = Partial<RequestToSign>;
const requestOf = (facts: Facts): RequestToSign => ({
  host: `127.0.0.1:${server?.httpPort}`,
  bucket,
  credentials: root,
  at: Date.now(),
  ...facts,
});

const call = (facts: Facts, body: string | Buffer = '') =>
  send(signHeaderV4(requestOf(facts)), body);

const documentOf = (elements: string) =>
  `<BucketCnameConfiguration><Cname>${elements}</Cname></BucketCnameConfiguration>`;

const certificateDocument = (elements: Record<string, string>, name = domain) => {
  const inner = Object.entries(elements).map(([key, value]) => `<${key}>${value}</${key}>`);
  const configuration = `<CertificateConfiguration>${inner.join('')}</CertificateConfiguration>`;
  return documentOf(`<Domain>${name}</Domain>${configuration}`);
};

const post = (comp: string, body: string, facts: Facts = {}) =>
  call({ method: 'POST', query: { cname: undefined, comp }, ...facts }, body);

async function playSession(): Promise<void> {
  await call({ method: 'PUT' });
  await call({ method: 'PUT', key: 'page' }, 'content');
  const plain = documentOf(`<Domain>${domain}</Domain>`);
  await post('add', certificateDocument({ Certificate: ec.chainPem, PrivateKey: ec.keyPem }));
  const issued = await post('token', plain);
  dns.txt(`_dnsauth.${domain}`, /<Token>(.*)<\/Token>/.exec(issued)?.[1] ?? '');
  const material = { Certificate: ec.chainPem, PrivateKey: ec.keyPem };
  assert.match(await post('add', certificateDocument(material)), /^200/);
  const pkcs1 = { Certificate: rsa.chainPem, PrivateKey: keyPemAs(rsaKey, 'pkcs1') };
  assert.match(await post('add', certificateDocument({ ...pkcs1, Force: 'true' })), /^200/);
  const sec1 = { Certificate: next.chainPem, PrivateKey: keyPemAs(ecNext, 'sec1') };
  assert.match(await post('add', certificateDocument({ ...sec1, Force: 'true' })), /^200/);
  assert.equal(await leafShown(server?.httpsPort ?? 0, domain), next.x509.fingerprint256);
  await handshakeFailure({ port: server?.httpsPort ?? 0, tls: { servername: 'no.example' } });
  await refusedCertificates();
  await refusedCallers();
  await presigned();
  for (const query of [{ cname: undefined }, { comp: 'token', cname: domain }, {}] as const) {
    await call({ query });
    await call({ query, bucket: 'no-such-bucket' });
  }
}

/** The key is somewhere in every one of these; a few spellings are understood all the same. */
async function refusedCertificates(): Promise<void> {
  const key = ec.keyPem;
  const body = key.replace(/-----[A-Z ]*-----|\n/g, '');
  const force = { Force: 'true' };
  const wrong: Record<string, string>[] = [
    { PrivateKey: key },
    { PrivateKey: key, CertId: '1-cn-hangzhou' },
    { Certificate: rsa.chainPem, PrivateKey: key, ...force },
    { Certificate: key, PrivateKey: key, ...force },
    { Certificate: `${ec.chainPem}${key}`, PrivateKey: ec.chainPem, ...force },
    { Certificate: ec.chainPem, PrivateKey: body, ...force },
    { Certificate: ec.chainPem, PrivateKey: key.replace('-----END', body), ...force },
    { Certificate: ec.chainPem, PrivateKey: `${key}${key}`, ...force },
    { Certificate: ec.chainPem, PrivateKey: key.replaceAll('PRIVATE KEY', 'SECRET'), ...force },
    { Certificate: ec.chainPem, PrivateKey: key.replaceAll('PRIVATE', 'EC PRIVATE'), ...force },
    { Certificate: ec.chainPem, PrivateKey: key, Force: '1' },
    { Certificate: ec.chainPem, PrivateKey: key, DeleteCertificate: 'true' },
    { Certificate: ec.chainPem, PrivateKey: key, PreviousCertId: '9-cn-hangzhou' },
    { CertId: body, ...force },
    { CertId: key, ...force },
    { PreviousCertId: body, Certificate: ec.chainPem, PrivateKey: key },
    { Force: key },
    { DeleteCertificate: body },
  ];
  const statuses: string[] = [];
  for (const elements of wrong) {
    statuses.push((await post('add', certificateDocument(elements))).slice(0, 3));
  }
  assert.ok(
    statuses.filter((status) => status === '400').length >= wrong.length - 2,
    statuses.join(),
  );
  const good = certificateDocument({ Certificate: ec.chainPem, PrivateKey: key, ...force });
  for (const text of [
    good.slice(0, -20),
    good.replace('</PrivateKey>', '</PrivateKe>'),
    good.replace('<PrivateKey>', '<PrivateKey a=b>'),
    good.replace(/<PrivateKey>/, `<${'PrivateKey'} ${body}="">`),
    good.replace('<Domain>', `<?${'x'} ${body}?><Domain>`),
    good.replace('<Domain>', `<!DOCTYPE ${body}><Domain>`),
    good.replace('<Domain>', `&${body};<Domain>`),
    good + good,
    `${key}${good}`,
    good.replace(domain, body),
    documentOf(`<Domain>${key}</Domain>`),
  ]) {
    assert.match(await post('add', text), /^4/, text.slice(0, 60));
  }
  await post('add', good, { headers: { 'content-md5': 'AAAAAAAAAAAAAAAAAAAAAA==' } });
  await post('add', good + ' '.repeat(300_000));
  await post('token', good);
  await post('delete', good.replace(domain, 'unmapped.canary.example'));
  await post('add', good, { credentials: ben });
  await post('add', good, { bucket: 'no-such-bucket' });
}

/** Wrong keys, wrong signatures, wrong dates, in every form. */
async function refusedCallers(): Promise<void> {
  const wrong = { ...root, accessKeySecret: `${root.accessKeySecret}x` };
  const faults: Facts[] = [
    { credentials: wrong },
    { credentials: { ...ben, accessKeyId: 'LTAINobodyAtAll000000000' } },
    { credentials: ben },
    { at: Date.now() - 86_400_000 },
    { region: 'cn-beijing' },
    { bucket: 'canary-bucket2' },
    { credentials: { ...root, securityToken: 'CAISsecurity-token-of-nobody-0123456789' } },
    { path: '/canary-bucket/%zz' },
  ];
  for (const fault of faults) {
    for (const sign of [signHeaderV1, signHeaderV4, signUrlV1, signUrlV4]) {
      for (const method of ['GET', 'HEAD', 'PUT', 'POST']) {
        await send(sign(requestOf({ key: 'other', method, ...fault })));
      }
    }
  }
}

async function presigned(): Promise<void> {
  for (const sign of [signUrlV1, signUrlV4]) {
    for (const key of ['page', 'no-such-page']) {
      const facts = requestOf({ key });
      const url = sign({ ...facts, expiresInSeconds: 3_600 });
      const found = /(?:Signature|x-oss-signature)=([^&]+)$/.exec(url.target)?.[1] ?? '';
      urlSignatures.push(found, decodeURIComponent(found));
      assert.match(await send(url), key === 'page' ? /^200 content/ : /^404/);
    }
  }
}

interface Canary {
  readonly name: string;
  readonly needle: Buffer;
}

/** Every form in which this secret could come out. */
function formsOf(name: string, secret: Buffer): Canary[] {
  return [
    { name, needle: secret },
    { name: `${name}, base64`, needle: Buffer.from(secret.toString('base64').slice(0, -4)) },
    { name: `${name}, base64url`, needle: Buffer.from(secret.toString('base64url').slice(0, -4)) },
    { name: `${name}, hex`, needle: Buffer.from(secret.toString('hex')) },
    { name: `${name}, HEX`, needle: Buffer.from(secret.toString('hex').toUpperCase()) },
    { name: `${name}, numbers`, needle: Buffer.from(secret.subarray(0, 12).join(',')) },
  ];
}

function keyCanaries(name: string, key: typeof ecKey): Canary[] {
  const { d = '' } = key.privateKey.export({ format: 'jwk' });
  const pem = keyPemAs(key, 'pkcs8').split('\n').slice(1, -2);
  const lines = pem.map((line, index) => ({ name: `${name}, line ${index}`, needle: line }));
  const der = key.privateKey.export({ type: 'pkcs8', format: 'der' });
  // The last line of an EC key is its public half, which is no secret; the scalar covers the rest.
  const secretLines = key.kind.startsWith('RSA') ? lines.slice(8) : lines.slice(0, 1);
  return [
    ...formsOf(`${name}, secret number`, Buffer.from(d, 'base64url')),
    ...formsOf(`${name}, whole`, der),
    ...secretLines.map((line) => ({ ...line, needle: Buffer.from(line.needle) })),
  ];
}

async function masterKeyCanaries(): Promise<Canary[]> {
  const text = await readFile(join(data, 'master.key'), 'latin1');
  const [, hex = ''] = /^[0-9a-f]{8} ([0-9a-f]{64})$/m.exec(text) ?? [];
  assert.equal(hex.length, 64);
  return formsOf('master key', Buffer.from(hex, 'hex'));
}

async function allCanaries(): Promise<Canary[]> {
  return [
    ...formsOf('root secret', Buffer.from(root.accessKeySecret)),
    ...formsOf("ben's secret", Buffer.from(ben.accessKeySecret)),
    ...keyCanaries('EC key', ecKey),
    ...keyCanaries('RSA key', rsaKey),
    ...keyCanaries('next EC key', ecNext),
    ...(await masterKeyCanaries()),
  ];
}

async function assertClean(what: string, bytes: Buffer | string): Promise<void> {
  const haystack = Buffer.from(bytes as string);
  assert.ok(haystack.length > 0, `${what} is empty: nothing was searched`);
  for (const { name, needle } of await allCanaries()) {
    const at = haystack.indexOf(needle);
    const around = haystack.subarray(Math.max(0, at - 200), at + 100).toString('latin1');
    assert.equal(at, -1, `${what} holds ${name}: ...${around}`);
  }
}

async function dataFiles(): Promise<{ name: string; bytes: Buffer; mode: number }[]> {
  const entries = await readdir(data, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  return Promise.all(
    files.map(async (entry) => {
      const path = join(entry.parentPath, entry.name);
      return { name: entry.name, bytes: await readFile(path), mode: (await stat(path)).mode };
    }),
  );
}

/** Every value of every row, as bytes. */
async function databaseBytes(): Promise<Buffer> {
  const database = await openDatabaseOf(environment);
  const bytes: Buffer[] = [];
  for (const table of await database.tables()) {
    for (const row of await database.rows(table)) {
      for (const value of Object.values(row)) {
        bytes.push(Buffer.isBuffer(value) ? value : Buffer.from(`${value}\n`));
      }
    }
  }
  await database.close();
  return Buffer.concat(bytes);
}

async function assertFilesClean(): Promise<string[]> {
  const files = await dataFiles();
  for (const { name, bytes } of files) {
    if (name !== 'master.key' && bytes.length > 0) await assertClean(name, bytes);
  }
  const rows = await databaseBytes();
  await assertClean('the database', rows);
  const isFile = editionUnderTest().database === 'sqlite';
  const written = isFile ? Buffer.concat(files.map(({ bytes }) => bytes)) : rows;
  // The certificate beside the key is there in the clear: what was searched is the right thing.
  assert.ok(written.includes(ec.chainPem.split('\n')[2] ?? '-'));
  return files.map(({ name }) => name);
}

test('no answer holds a secret', async () => {
  assert.ok(answers.length > 150, String(answers.length));
  const all = Buffer.concat(answers);
  assert.ok(all.includes(root.accessKeyId), 'ids are no secret, and answers name them');
  assert.ok(all.includes('<StringToSign>'));
  await assertClean('answers', all);
});

test('no file of a running server holds a secret in the clear, the log of writes neither', async () => {
  const names = await assertFilesClean();
  const hasLog = names.some((name) => name.endsWith('-wal'));
  assert.equal(hasLog, editionUnderTest().database === 'sqlite', names.join());
});

test('nobody else on the machine may read the files', async () => {
  assert.equal((await stat(data)).mode & 0o777, 0o700);
  for (const { name, mode } of await dataFiles()) assert.equal(mode & 0o077, 0, name);
});

test('no audit record and no listing of the command line holds a secret', async () => {
  const audit = await cli('audit', 'list', '--json', '--limit', '10000');
  assert.ok(audit.includes(next.x509.fingerprint256), 'what was bound is recorded');
  const here = ['--bucket', bucket];
  for (const words of [
    ['account', 'list', '--json'],
    ['key', 'list', '--json'],
    ['key', 'list'],
    ['domain', 'list', ...here, '--json'],
    ['domain', 'show', domain, ...here, '--json'],
    ['audit', 'list'],
  ]) {
    await assertClean(words.join(' '), await cli(...words));
  }
  await assertClean('the audit records', audit);
});

test('the printed configuration hides the secret, wherever it comes from', async () => {
  for (const words of [['config'], ['config', '--json']]) {
    const printed = await cli(...words);
    assert.ok(printed.includes(root.accessKeyId));
    await assertClean(words.join(' '), printed);
    const flag = [...words, '--access-key-secret', ben.accessKeySecret];
    await assertClean(flag.slice(0, -1).join(' '), await cli(...flag));
  }
});

test('a server that dies leaves no secret in its files', async () => {
  await stopServer('SIGKILL');
  await assertFilesClean();
  await startServer();
  await stopServer();
  await assertFilesClean();
});

test('sealed texts that do not open are reported without what they hold', async () => {
  const database = await openDatabaseOf(environment);
  for (const table of ['certificates', 'credentials']) {
    const column = (await database.columns(table)).find((name) => name.includes('sealed'));
    assert.ok(column, table);
    const spoil = `update ${table} set ${column} = replace(${column}, 's1.', 's1.0')`;
    assert.ok((await database.change(spoil)) > 0, table);
  }
  await database.close();
  const unknownRoot = { CNAMED_ACCESS_KEY_ID: 'LTAIAnotherRootKey000000' };
  server = await serve({ environment: { ...environment, ...unknownRoot } });
  assert.notEqual(
    await handshakeFailure({ port: server.httpsPort, tls: { servername: domain } }),
    'none',
  );
  assert.match(await call({ credentials: ben }), /^5/);
  await stopServer();
  assert.match(said.at(-1) ?? '', /SealingError/);
});

test('no line of the log holds a secret', async () => {
  const log = said.join('');
  assert.ok(log.includes('"msg":"request"'), 'every request is logged');
  assert.ok(log.includes('canary-bucket'));
  await assertClean('the log', log);
});

test('no line of the log holds the signature of a presigned URL or a security token', () => {
  const log = said.join('');
  assert.equal(urlSignatures.length, 8);
  for (const signature of [...urlSignatures, 'CAISsecurity-token-of-nobody-0123456789']) {
    assert.ok(signature.length > 10);
    assert.ok(!log.includes(signature), signature);
  }
  assert.ok(log.includes('no-such-page'), 'what was asked for stays readable');
});
