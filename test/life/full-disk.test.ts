/**
 * A volume that is full or fails, seen by a client: refusals in the API's form, no success that is
 * none, what stood before stands, nothing half is visible, and reads and deletions go on
 * (security.md 8.3 and 8.4). First the volume of the objects fails, call by call, under a server of
 * this process; then the database of a server process is really full.
 */
import assert from 'node:assert/strict';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { realWorld } from '../../src/world/index.ts';
import { type BrokenDisk, createBrokenDisk, type Fault } from '../support/broken-disk.ts';
import { createAuthority, type TestCertificate } from '../support/certificates.ts';
import { type DnsServer, startDnsServer } from '../support/dns-server.ts';
import { leafShown } from '../support/handshake.ts';
import { deleteCname, putCname, putCnameDocument } from '../support/put-cname.ts';
import { ask, connectRaw, type RawResponse } from '../support/raw-client.ts';
import { startTestServer, type TestServer } from '../support/server.ts';
import { type RequestToSign, requestBytes, signHeaderV1, signHeaderV4 } from '../support/sign.ts';
import { createSignedClient, type SignedClient } from '../support/signed-client.ts';
import { end, reservePort, type ServerProcess, serve } from './cli-process.ts';

const bucket = 'disk-bucket';
/** Over what is kept in memory, so that every GET of it reads the volume; several writes. */
const large = Buffer.alloc(900_000, 'what stood before, ');
const larger = Buffer.alloc(1_500_000, 'what comes after, ');
const full = '507 InsufficientStorage 9099-00000001';
const failing = '503 ServiceUnavailable 9099-00000003';

/** Status, `Code` and second-level code of a refusal; the EC must be in the header too. */
function refusalOf({ status, headers, body }: Pick<RawResponse, 'status' | 'body' | 'headers'>) {
  const text = body.toString();
  const of = (name: string) => new RegExp(`<${name}>([^<]*)</${name}>`).exec(text)?.[1] ?? '';
  assert.equal(headers['content-type'], 'application/xml', text);
  assert.equal(headers['x-oss-ec'], of('EC'));
  assert.equal(headers['x-oss-request-id'], of('RequestId'));
  return `${status} ${of('Code')} ${of('EC')}`;
}

describe('the volume of the objects', () => {
  let disk: BrokenDisk;
  let server: TestServer;
  let client: SignedClient;

  before(async () => {
    disk = createBrokenDisk();
    // The volume that fails is that of the files of objects.
    const about = { objects: 'files' } as const;
    server = await startTestServer({ world: { ...realWorld, disk }, about });
    client = createSignedClient({ port: server.httpPort, credentials: server, connections: 30 });
    assert.equal((await client.call({ method: 'PUT', bucket })).status, 200);
    await put('small', 'small');
    await put('large', large);
  });
  after(async () => {
    disk.mend();
    client.close();
    await server.close();
  });

  async function put(key: string, body: Buffer | string): Promise<void> {
    const answer = await client.call({ method: 'PUT', bucket, key, body });
    assert.equal(answer.status, 200, answer.body.toString());
  }

  async function listedKeys(): Promise<string[]> {
    const { body } = await client.call({ bucket });
    return [...body.toString().matchAll(/<Key>([^<]*)<\/Key>/g)].map((match) => match[1] ?? '');
  }

  async function assertStanding(): Promise<void> {
    for (const [key, content] of [
      ['small', Buffer.from('small')],
      ['large', large],
    ] as const) {
      const answer = await client.call({ bucket, key });
      assert.equal(answer.status, 200);
      assert.ok(answer.body.equals(content), `${key} is what it was`);
    }
    assert.deepEqual(await listedKeys(), ['large', 'small']);
    assert.equal((await client.call({ bucket, key: 'new' })).status, 404);
    assert.equal((await client.call({ method: 'HEAD', bucket, key: 'new' })).status, 404);
  }

  const unfinished = () => readdir(join(server.folder, 'data', 'objects', 'tmp'));

  /** The whole upload on a connection of its own, by another scheme each time. */
  let turn = 0;
  function upload(key: string, content: Buffer, facts: Partial<RequestToSign> = {}) {
    const sign = turn++ % 2 === 0 ? signHeaderV4 : signHeaderV1;
    const signed = sign({
      method: 'PUT',
      host: 'localhost',
      bucket,
      key,
      credentials: server,
      at: Date.now(),
      ...facts,
    });
    return ask({ port: server.httpPort }, requestBytes(signed, content), 'PUT');
  }

  const faults: readonly [string, Fault, string][] = [
    ['no room for a new file', { call: 'create', code: 'ENOSPC' }, full],
    ['a volume that refuses new files', { call: 'create', code: 'EACCES' }, failing],
    ['no room at the first write', { call: 'write', code: 'ENOSPC' }, full],
    ['no room in the middle', { call: 'write', nth: 4, code: 'ENOSPC', isShort: true }, full],
    ['a quota used up in the middle', { call: 'write', nth: 3, code: 'EDQUOT' }, full],
    ['a write that fails', { call: 'write', nth: 2, code: 'EIO' }, failing],
    ['a write cut short', { call: 'write', code: 'EIO', isShort: true }, failing],
    ['an fsync that fails', { call: 'sync', code: 'EIO' }, failing],
    ['an fsync that finds no room', { call: 'sync', code: 'ENOSPC' }, full],
    ['a close that fails', { call: 'close', code: 'EIO' }, failing],
    ['a rename that fails', { call: 'rename', code: 'EIO' }, failing],
    ['a rename without room', { call: 'rename', code: 'ENOSPC' }, full],
    ['a folder fsync that fails', { call: 'syncFolder', code: 'EIO' }, failing],
  ];

  for (const [what, fault, refusal] of faults) {
    test(`${what}: ${refusal}`, async () => {
      for (const key of ['large', 'small', 'new']) {
        const before = disk.struck;
        disk.break(fault);
        assert.equal(refusalOf(await upload(key, larger)), refusal, key);
        assert.equal(disk.struck, before + 1, 'the fault struck');
        disk.mend();
        await assertStanding();
        assert.deepEqual(await unfinished(), []);
      }
    });

    test(`${what}, and lasts: reads, deletions and the other operations go on`, async () => {
      await put('to-delete', larger);
      await put('to-delete-too', 'x');
      disk.break({ ...fault, isLasting: true });
      const uploads = await Promise.all(
        Array.from({ length: 8 }, (_, index) => upload(`new-${index}`, larger)),
      );
      for (const answer of uploads) assert.equal(refusalOf(answer), refusal);
      assert.equal((await client.call({ method: 'DELETE', bucket, key: 'to-delete' })).status, 204);
      const body = '<Delete><Object><Key>to-delete-too</Key></Object></Delete>';
      const many = { method: 'POST', bucket, query: { delete: undefined }, body };
      assert.equal((await client.call(many)).status, 200);
      // Reading closes files too: a close that fails then changes nothing for the reader.
      await assertStanding();
      assert.equal((await client.call({ bucket, query: { stat: undefined } })).status, 200);
      disk.mend();
      await put('after', larger);
      assert.equal((await client.call({ method: 'DELETE', bucket, key: 'after' })).status, 204);
      assert.deepEqual(await unfinished(), []);
    });
  }

  test('a copy on a volume that is full or fails leaves only its source', async () => {
    const headers = { 'x-oss-copy-source': `/${bucket}/large` };
    for (const [fault, refusal] of [
      [{ call: 'write', code: 'ENOSPC', isShort: true }, full],
      [{ call: 'sync', code: 'EIO' }, failing],
      [{ call: 'syncFolder', code: 'EIO' }, failing],
    ] as const) {
      disk.break(fault);
      const answer = await client.call({ method: 'PUT', bucket, key: 'new', headers });
      assert.equal(
        refusalOf({ ...answer, headers: answer.headers as Record<string, string> }),
        refusal,
      );
      disk.mend();
      await assertStanding();
    }
  });

  test('a chunked upload is refused the same way', async () => {
    disk.break({ call: 'write', nth: 2, code: 'ENOSPC' });
    const headers = { 'transfer-encoding': 'chunked' };
    const signed = signHeaderV4({
      method: 'PUT',
      host: 'localhost',
      bucket,
      key: 'new',
      credentials: server,
      at: Date.now(),
      headers,
    });
    const head = requestBytes(signed).toString('latin1').replace('content-length: 0\r\n', '');
    const chunk = Buffer.alloc(200_000, 'c');
    const raw = await connectRaw({ port: server.httpPort });
    raw.send(head);
    for (let count = 0; count < 4; count++) {
      raw.send(`${chunk.length.toString(16)}\r\n`);
      raw.send(chunk);
      raw.send('\r\n');
    }
    raw.send('0\r\n\r\n');
    assert.equal(refusalOf(await raw.response('PUT')), full);
    raw.destroy();
    disk.mend();
    await assertStanding();
  });

  test('when the reserve is reached uploads are refused before they begin', async () => {
    disk.freeBytesShown = 1_000;
    // A measurement is good for a second: until then the volume may seem to have room.
    while ((await upload('new', larger)).status === 200);
    const creations = disk.calls.create;
    assert.equal(refusalOf(await upload('new', larger)), full);
    assert.equal(disk.calls.create, creations, 'no file was begun');
    disk.freeBytesShown = undefined;
    // The last measurement still counts; deletions ask nobody.
    await client.call({ method: 'DELETE', bucket, key: 'new' });
    await assertStanding();
  });

  test('an object that cannot be read is refused, never cut or emptied in silence', async () => {
    for (const call of ['open', 'size'] as const) {
      disk.break({ call, code: 'EIO' });
      assert.equal(refusalOf(await get('large')), failing, call);
      disk.mend();
    }
    disk.break({ call: 'read', code: 'EIO' });
    assert.match(refusalOf(await get('large')), /^50[03] /);
    disk.mend();
    const reads = disk.calls.read ?? 0;
    await get('large');
    const needed = (disk.calls.read ?? 0) - reads;
    assert.ok(needed > 1, 'the object takes several reads');
    disk.break({ call: 'read', nth: needed, code: 'EIO' });
    await assert.rejects(get('large'), /without a response/, 'the connection breaks off');
    disk.mend();
    await assertStanding();
  });

  const get = (key: string): Promise<RawResponse> => {
    const host = 'localhost';
    const signed = signHeaderV4({ host, bucket, key, credentials: server, at: Date.now() });
    return ask({ port: server.httpPort }, requestBytes(signed));
  };
});

describe('the database', () => {
  const domain = 'www.full.example';
  let folder: string;
  let dns: DnsServer;
  let environment: Record<string, string>;
  let server: ServerProcess;
  let client: SignedClient;
  let bound: TestCertificate;
  let next: TestCertificate;
  const stored: string[] = [];
  const credentials = {
    accessKeyId: 'LTAIFullDatabaseKey00000',
    accessKeySecret: 'full-database-secret-0123456789',
  };
  const small = new URL('full-disk/small-database.ts', import.meta.url).href;

  async function start(pages: number): Promise<void> {
    server = await serve({
      environment: {
        ...environment,
        CNAMED_TEST_DATABASE_PAGES: String(pages),
        // By the environment, because threads do not inherit the flags of the process.
        NODE_OPTIONS: `--import ${small}`,
      },
    });
    client = createSignedClient({ port: server.httpPort, credentials, connections: 8 });
  }

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'cnamed-full-'));
    dns = await startDnsServer();
    const authority = await createAuthority();
    bound = await authority.issue({ names: [domain] });
    next = await authority.issue({ names: ['*.full.example'], key: 'RSA-3072' });
    environment = {
      CNAMED_HTTP: `127.0.0.1:${await reservePort()}`,
      CNAMED_HTTPS: '127.0.0.1:0',
      CNAMED_CONSOLE: 'off',
      CNAMED_DATA_DIR: join(folder, 'data'),
      CNAMED_DNS_SERVERS: dns.server,
      CNAMED_ACCESS_KEY_ID: credentials.accessKeyId,
      CNAMED_ACCESS_KEY_SECRET: credentials.accessKeySecret,
      CNAMED_LOG_LEVEL: 'error',
    };
    await start(150);
    const acl = { 'x-oss-acl': 'public-read' };
    assert.equal((await client.call({ method: 'PUT', bucket, headers: acl })).status, 200);
    await map(domain);
    assert.equal((await putCname(client, bucket, domain, { certificate: bound })).status, 200);
    await put('page', 'the page');
    await prove('late.full.example');
    await fill();
  });
  after(async () => {
    client.close();
    await end(server);
    await dns.close();
    await rm(folder, { recursive: true, force: true });
  });

  async function prove(name: string): Promise<void> {
    const body = putCnameDocument(name);
    const query = { cname: undefined, comp: 'token' };
    const issued = await client.call({ method: 'POST', bucket, query, body });
    const token = /<Token>(.*)<\/Token>/.exec(issued.body.toString())?.[1];
    assert.ok(token, issued.body.toString());
    dns.txt(`_dnsauth.${name}`, token);
  }

  async function map(name: string): Promise<void> {
    await prove(name);
    assert.equal((await putCname(client, bucket, name)).status, 200);
  }

  const put = (key: string, body: string, headers = {}) =>
    client.call({ method: 'PUT', bucket, key, body, headers });

  /** Stores objects with as much metadata as they may have until there is no room for one more. */
  async function fill(): Promise<void> {
    for (const length of [8_000, 1_000, 10]) {
      for (;;) {
        const key = `filling-${stored.length}`;
        const answer = await put(key, key, { 'x-oss-meta-a': 'x'.repeat(length) });
        if (answer.status !== 200) {
          assert.equal(refusal(answer), full);
          break;
        }
        stored.push(key);
        assert.ok(stored.length < 5_000, 'the database never gets full');
      }
    }
  }

  const refusal = (answer: Awaited<ReturnType<SignedClient['call']>>) =>
    refusalOf({ ...answer, headers: answer.headers as Record<string, string> });

  async function listedDomains(): Promise<string[]> {
    const { body } = await client.call({ bucket, query: { cname: undefined } });
    const found = body.toString().matchAll(/<Domain>([^<]*)<\/Domain>/g);
    return [...found].map((match) => match[1] ?? '');
  }

  test('full: what was stored is read, listed and served; what was refused is not there', async () => {
    assert.ok(stored.length > 10, String(stored.length));
    for (const key of stored)
      assert.equal((await client.call({ bucket, key })).body.toString(), key);
    const refused = `filling-${stored.length}`;
    assert.equal((await client.call({ bucket, key: refused })).status, 404);
    const page = await client.get(domain, '/page');
    assert.deepEqual([page.status, page.body.toString()], [200, 'the page']);
    assert.equal(await leafShown(server.httpsPort, domain), bound.x509.fingerprint256);
  });

  test('full: PutCname is refused in the same form and maps and binds nothing', async () => {
    const withBinding = { certificate: next };
    assert.equal(refusal(await putCname(client, bucket, 'late.full.example', withBinding)), full);
    assert.equal(refusal(await putCname(client, bucket, domain, withBinding)), full);
    assert.deepEqual(await listedDomains(), [domain]);
    assert.equal((await client.get('late.full.example', '/page')).status, 404);
    assert.equal(await leafShown(server.httpsPort, domain), bound.x509.fingerprint256);
    assert.equal(await leafShown(server.httpsPort, 'late.full.example'), undefined);
  });

  test('full: tokens are refused in the same form, as soon as none fits any more', async () => {
    const manyTokens = async () => {
      for (let number = 0; number < 200; number++) {
        const body = putCnameDocument(`t${number}.full.example`);
        const query = { cname: undefined, comp: 'token' };
        const answer = await client.call({ method: 'POST', bucket, query, body });
        if (answer.status !== 200) return answer;
      }
      return assert.fail('room for two hundred tokens is not full');
    };
    assert.equal(refusal(await manyTokens()), full);
  });

  test('full: deletions go on, and make room', async () => {
    const half = stored.splice(0, Math.ceil(stored.length / 2));
    for (const key of half) {
      const answer = await client.call({ method: 'DELETE', bucket, key });
      assert.equal(answer.status, 204, answer.body.toString());
      assert.equal((await client.call({ bucket, key })).status, 404);
    }
    assert.equal((await put('again', 'again')).status, 200);
    stored.push('again');
    assert.equal((await putCname(client, bucket, 'late.full.example')).status, 200);
    assert.equal((await client.get('late.full.example', '/page')).status, 200);
    assert.equal((await deleteCname(client, bucket, 'late.full.example')).status, 200);
  });

  test('after a restart with room everything acknowledged is there, and writes go on', async () => {
    client.close();
    await end(server);
    await start(100_000);
    for (const key of stored) {
      assert.equal((await client.call({ bucket, key })).body.toString(), key);
    }
    assert.deepEqual(await listedDomains(), [domain]);
    assert.equal((await putCname(client, bucket, domain, { certificate: next })).status, 200);
    assert.equal(await leafShown(server.httpsPort, domain), next.x509.fingerprint256);
    assert.equal((await put('after', 'x'.repeat(100_000))).status, 200);
  });
});
