/** The command line beside a real server, which is a process of its own. */
import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import OSS from 'ali-oss';
import { createVisitor, leafOf } from '../../scripts/demo/visitor.ts';
import { runCli } from '../../src/cli/index.ts';
import { CnameClient, CnameError } from '../../src/client/index.ts';
import { databaseOf, openEngines, openForCopy, openSchema } from '../../src/engines.ts';
import { startServer } from '../../src/server.ts';
import { realWorld } from '../../src/world/index.ts';
import { createAuthority, type TestAuthority } from '../support/certificates.ts';
import { type DnsServer, startDnsServer } from '../support/dns-server.ts';
import { editionUnderTest, withEdition } from '../support/editions.ts';
import { end, reservePort, run, type ServerProcess, serve, start } from './cli-process.ts';

const bucket = 'cli-site';
const domain = 'www.shop.example';

let folder: string;
let dns: DnsServer;
let authority: TestAuthority;
let server: ServerProcess;
let environment: Record<string, string>;

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cnamed-cli-life-'));
  dns = await startDnsServer();
  authority = await createAuthority();
  const data = join(folder, 'data');
  environment = await withEdition(data, {
    // Known beforehand, so that the commands find the server by the same settings.
    CNAMED_HTTP: `127.0.0.1:${await reservePort()}`,
    CNAMED_HTTPS: '127.0.0.1:0',
    CNAMED_CONSOLE: 'off',
    CNAMED_DATA_DIR: data,
    CNAMED_DNS_SERVERS: dns.server,
    CNAMED_LOG_LEVEL: 'warn',
  });
  server = await serve({ environment });
  const line = await server.until(/^\{.*accessKeySecret.*\}$/m, 'stderr');
  const { accessKeyId, accessKeySecret } = JSON.parse(line[0]);
  const options = {
    endpoint: `http://localhost:${server.httpPort}`,
    sldEnable: true,
    accessKeyId,
    accessKeySecret,
    bucket,
  };
  const store = new OSS(options);
  await store.putBucket(bucket);
  await store.putBucketACL(bucket, 'public-read');
  await store.put('hello.txt', Buffer.from('hello'));
});

after(async () => {
  await end(server);
  await dns.close();
  await rm(folder, { recursive: true, force: true });
});

interface Outcome {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A command as `main.ts` runs it, in this process: starting one takes half a second each. */
async function cnamed(...words: string[]): Promise<Outcome> {
  const text = { stdout: '', stderr: '' };
  const code = await runCli(words, environment, {
    world: realWorld,
    openEngines,
    openWithObjects: openEngines,
    openSchema,
    openForCopy,
    databaseOf,
    startServer,
    currentFolder: folder,
    stdout: { write: (chunk: string) => (text.stdout += chunk) },
    stderr: { write: (chunk: string) => (text.stderr += chunk) },
  });
  return { code, ...text };
}

async function succeed(...words: string[]): Promise<string> {
  const { code, stdout, stderr } = await cnamed(...words);
  assert.equal(code, 0, stderr);
  return stdout;
}

async function json(...words: string[]) {
  return JSON.parse(await succeed(...words, '--json'));
}

function clientOf(key: { accessKeyId: string; accessKeySecret: string }): CnameClient {
  const endpoint = `http://127.0.0.1:${server.httpPort}`;
  return new CnameClient({ endpoint, bucket, region: 'cn-hangzhou', ...key });
}

async function codeOf(call: Promise<unknown>): Promise<string> {
  const outcome = await call.catch((error: unknown) => error);
  return outcome instanceof CnameError ? outcome.code : 'no refusal';
}

async function writeCertificate(name: string): Promise<string[]> {
  const { chainPem, keyPem, x509 } = await authority.issue({ names: [domain] });
  const [cert, key] = [join(folder, `${name}.pem`), join(folder, `${name}.key`)];
  await writeFile(cert, chainPem);
  await writeFile(key, keyPem);
  fingerprints.set(name, x509.fingerprint256);
  return ['--cert', cert, '--key', key];
}

const fingerprints = new Map<string, string>();

/**
 * What the server answers to a key that a command has changed: at once over the file they share;
 * in a database the command is another node, which has 10 s (security.md 9.3).
 */
async function assertCode(expected: string, key: Parameters<typeof clientOf>[0]): Promise<void> {
  const isAtOnce = editionUnderTest().database === 'sqlite';
  const until = performance.now() + (isAtOnce ? 0 : 10_000);
  let code = await codeOf(clientOf(key).listCname());
  while (code !== expected && performance.now() < until) {
    code = await codeOf(clientOf(key).listCname());
  }
  assert.equal(code, expected);
}

test('an account made beside the server may call at once, and no more when disabled', async () => {
  // As a process of its own, like a provisioning script would.
  const made = await run(['account', 'create', 'alice', '--json'], { environment });
  assert.equal(made.code, 0, made.stderr);
  const key = JSON.parse(made.stdout);
  assert.deepEqual(Object.keys(key), ['accountId', 'accessKeyId', 'accessKeySecret']);
  assert.match(key.accountId, /^\d{16}$/);
  assert.equal(await codeOf(clientOf(key).listCname()), 'AccessDenied');
  await succeed('account', 'disable', 'alice');
  await assertCode('InvalidAccessKeyId', key);
  await succeed('account', 'enable', key.accountId);
  await assertCode('AccessDenied', key);
  const accounts = await json('account', 'list');
  const alice = accounts.find((each: { name: string }) => each.name === 'alice');
  assert.equal(alice.accountId, key.accountId);
  assert.equal(alice.standing, 'active');
  const again = await cnamed('account', 'create', 'alice');
  assert.equal(again.code, 1);
  assert.match(again.stderr, /^error: .*alice/);
});

test('a second key works beside the first, and disabling one leaves the other', async () => {
  const first = await json('account', 'create', 'bob');
  const second = await json('key', 'create', 'bob');
  assert.notEqual(first.accessKeyId, second.accessKeyId);
  await succeed('key', 'disable', first.accessKeyId);
  await assertCode('InvalidAccessKeyId', first);
  assert.equal(await codeOf(clientOf(second).listCname()), 'AccessDenied');
  await succeed('key', 'enable', first.accessKeyId);
  await assertCode('AccessDenied', first);
  const text = await succeed('key', 'list', '--account', 'bob');
  assert.equal(text.trim().split('\n').length, 3);
  assert.ok(!text.includes(first.accessKeySecret) && !text.includes(second.accessKeySecret));
});

test('a domain goes from its TXT record to HTTPS and back with the commands alone', async (t) => {
  const here = ['--bucket', bucket];
  let value = '';

  await t.test('add shows the record to create, in every form, and ends with 1', async () => {
    const { code, stdout } = await cnamed('domain', 'add', domain, ...here);
    assert.equal(code, 1);
    value = /value +([0-9a-f]{32})$/m.exec(stdout)?.[1] ?? '';
    assert.match(stdout, /name +_dnsauth\.www\.shop\.example$/m);
    assert.match(stdout, /type +TXT$/m);
    assert.match(stdout, /host +_dnsauth\.www /m);
    assert.ok(stdout.includes(`_dnsauth.www.shop.example. 300 IN TXT "${value}"`));
    assert.match(stdout, /good until +\d{4}-.* \(3 d from now\)|\(2 d 23 h from now\)/);
    const { status, txt } = JSON.parse(
      (await cnamed('domain', 'add', domain, ...here, '--json')).stdout,
    );
    assert.equal(status, 'unproven');
    assert.equal(txt.value, value);
  });

  await t.test('show tells the three cases of DNS apart', async () => {
    const seen = () => succeed('domain', 'show', domain, ...here);
    assert.match(await seen(), /DNS now +no TXT record at _dnsauth\.www\.shop\.example yet/);
    dns.txt('_dnsauth.www.shop.example', 'something else');
    assert.match(await seen(), /DNS now +.* has another value: "something else"/);
    dns.txt('_dnsauth.www.shop.example', 'other', value);
    const shown = await json('domain', 'show', domain, ...here);
    assert.equal(shown.dns.isProven, true);
    dns.remove('_dnsauth.www.shop.example');
  });

  await t.test('add --wait says what it sees and maps when the record is there', async () => {
    const waiting = start(
      ['domain', 'add', domain, ...here, '--wait', ...(await writeCertificate('first'))],
      { environment },
    );
    await waiting.until(/no TXT record at .*; waiting/, 'stderr');
    assert.ok(waiting.stdout().includes(value), 'the token stays the same');
    dns.txt('_dnsauth.www.shop.example', value);
    const { code, stdout, stderr } = await waiting.finished;
    assert.equal(code, 0, stderr);
    assert.match(stderr, /the TXT record at .* is there; asking the service to map/);
    assert.match(stdout, /^www\.shop\.example is mapped to cli-site$/m);
    const ca = authority.certificatePem;
    const visitor = createVisitor({ domain, port: server.httpsPort, ca, isKeptAlive: false });
    assert.deepEqual((await visitor.get('/hello.txt')).text, 'hello');
    visitor.close();
  });

  await t.test('list and show tell mapping and certificate', async () => {
    const list = await succeed('domain', 'list', ...here);
    assert.match(list, /^www\.shop\.example +Enabled +\d{4}-.* \d+-cn-hangzhou +\d{4}-/m);
    assert.match(await succeed('domain', 'show', domain, ...here), /valid until +\d{4}.* left\)$/m);
  });

  await t.test('cert replaces the certificate that is bound, and only with a guard', async () => {
    const files = await writeCertificate('second');
    const text = await succeed('domain', 'cert', domain, ...here, ...files);
    assert.match(text, /is served with \d+-cn-hangzhou in place of \d+-cn-hangzhou, valid until/);
    const ca = authority.certificatePem;
    const shown = await leafOf({ domain, port: server.httpsPort, ca, isKeptAlive: false });
    assert.equal(shown, fingerprints.get('second'));
    const wrong = ['--previous', '1-cn-hangzhou'];
    const refused = await cnamed('domain', 'cert', domain, ...here, ...files, ...wrong);
    assert.equal(refused.code, 1);
    assert.match(refused.stderr, /EC 0018-00000209, request id [0-9A-F]{24}\n.*next: .*--force/s);
    await succeed('domain', 'cert', domain, ...here, ...files, ...wrong, '--force');
  });

  await t.test(
    'cert --unbind leaves the domain on HTTP, remove ends it, twice is no fault',
    async () => {
      assert.match(
        await succeed('domain', 'cert', domain, ...here, '--unbind'),
        /no certificate now/,
      );
      const options = { domain, port: server.httpPort, ca: undefined, isKeptAlive: false };
      const visitor = createVisitor(options);
      assert.equal((await visitor.get('/hello.txt')).status, 200);
      assert.match(await succeed('domain', 'remove', domain, ...here), /is not mapped .* any more/);
      assert.equal((await visitor.get('/hello.txt')).status, 404);
      assert.match(await succeed('domain', 'remove', domain, ...here), /was not mapped/);
    },
  );

  await t.test('audit list tells the story, newest first', async () => {
    const records = await json('audit', 'list', '--domain', domain);
    const actions = records.map((record: { action: string }) => record.action);
    assert.equal(actions[0], 'DeleteCname');
    assert.equal(actions.at(-1), 'CreateCnameToken');
    assert.ok(actions.includes('PutCname'));
    assert.doesNotMatch(JSON.stringify(records), /PRIVATE KEY/);
    assert.match(await succeed('audit', 'list', '--limit', '1'), /DeleteCname +www\.shop\.example/);
  });
});

test('a refusal shows code, EC, request id and what to do next', async () => {
  const { code, stdout, stderr } = await cnamed('domain', 'list', '--bucket', 'no-such-bucket');
  assert.equal(code, 1);
  assert.equal(stdout, '');
  const [message, facts, next] = stderr.split('\n');
  assert.equal(message, 'error: The specified bucket does not exist.');
  const expected = /^ {7}code NoSuchBucket, status 404, EC 0015-00000101, request id [0-9A-F]{24}$/;
  assert.match(facts ?? '', expected);
  assert.match(next ?? '', /^ {2}next: Create the bucket/);
  const asJson = await cnamed('domain', 'list', '--bucket', 'no-such-bucket', '--json');
  assert.equal(JSON.parse(asJson.stderr).error.code, 'NoSuchBucket');
});

test('a key of another account is refused on a bucket that is not its own', async () => {
  const key = await json('account', 'create', 'carol');
  const given = ['--access-key-id', key.accessKeyId, '--access-key-secret', key.accessKeySecret];
  const { code, stderr } = await cnamed('domain', 'list', '--bucket', bucket, ...given);
  assert.equal(code, 1);
  assert.match(stderr, /code AccessDenied, status 403/);
});

test('a server that is not there is told with its address', async () => {
  const port = await reservePort();
  const words = ['domain', 'list', '--bucket', bucket, '--endpoint', `http://127.0.0.1:${port}`];
  const { code, stderr } = await cnamed(...words);
  assert.equal(code, 1);
  assert.match(
    stderr,
    new RegExp(`No answer from 127\\.0\\.0\\.1:${port}: .*ConnectionFailed`, 's'),
  );
});

test('the master key is rotated while the server runs; the old one is then spare', async () => {
  const here = ['--bucket', bucket];
  const proof = JSON.parse((await cnamed('domain', 'add', domain, ...here, '--json')).stdout);
  dns.txt(proof.txt.name, proof.txt.value);
  await succeed('domain', 'add', domain, ...here, ...(await writeCertificate('third')));
  const key = await json('account', 'create', 'dave');
  const { version, secrets, privateKeys } = await json('master-key', 'rotate');
  assert.ok(secrets >= 2);
  assert.ok(privateKeys >= 1);
  const works = async (): Promise<void> => {
    assert.equal(await codeOf(clientOf(key).listCname()), 'AccessDenied');
    const visit = { domain, port: server.httpsPort, ca: authority.certificatePem };
    assert.equal(await leafOf({ ...visit, isKeptAlive: false }), fingerprints.get('third'));
  };
  await works();
  assert.deepEqual(await json('master-key', 'rewrap'), {
    version,
    secrets: 0,
    privateKeys: 0,
    contentKeys: 0,
  });

  await end(server);
  const path = join(folder, 'data', 'master.key');
  const lines = (await readFile(path, 'utf8')).split('\n');
  const isKept = (line: string): boolean => !/^[0-9a-f]{8} /.test(line) || line.includes(version);
  assert.equal(lines.filter(isKept).length, lines.length - 1);
  await writeFile(path, lines.filter(isKept).join('\n'), { mode: 0o600 });
  server = await serve({ environment });
  await works();
});
