/**
 * The table of probes against the whole server: what the room http refuses, nobody behind it sees.
 */
import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { brokenBodies, type Probe, probes } from '../../rooms/http/probe-table.ts';
import { createSelfSigned } from '../../support/certificates.ts';
import { connectRaw, type RawClient, type RawResponse } from '../../support/raw-client.ts';
import { startTestServer, type TestServer } from '../../support/server.ts';
import {
  type RequestToSign,
  requestBytes,
  type SignedRequest,
  signHeaderV4,
} from '../../support/sign.ts';

const bucket = 'probes';
const next = 'GET /next HTTP/1.1\r\nHost: next.example\r\n\r\n';
let server: TestServer;
let folder: string;

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cnamed-probes-'));
  const own = await createSelfSigned({ names: ['localhost'] });
  await writeFile(join(folder, 'own.pem'), own.chainPem);
  await writeFile(join(folder, 'own.key'), own.keyPem);
  server = await startTestServer({
    settings: {
      CERTIFICATE: join(folder, 'own.pem'),
      CERTIFICATE_KEY: join(folder, 'own.key'),
    },
  });
  const client = await connectRaw({ port: server.httpPort });
  client.send(requestBytes(sign({ method: 'PUT' })));
  assert.equal((await client.response()).status, 200);
  client.destroy();
});

after(async () => {
  await server?.close();
  if (folder) await rm(folder, { recursive: true, force: true });
});

function sign(request: Partial<RequestToSign>): SignedRequest {
  return signHeaderV4({
    host: `127.0.0.1:${server.httpPort}`,
    bucket,
    credentials: server,
    at: Date.now(),
    ...request,
  });
}

/** The head alone, with framing of the test's own choice. */
function head(signed: SignedRequest, framing: string): string {
  const lines = Object.entries(signed.headers).map(([name, value]) => `${name}: ${value}\r\n`);
  return `${signed.method} ${signed.target} HTTP/1.1\r\n${lines.join('')}${framing}\r\n`;
}

const codeOf = (response: RawResponse): string | undefined =>
  /<Code>(.*)<\/Code>/.exec(response.body.toString())?.[1];
const isBroken = new Set(brokenBodies);

for (const scheme of ['HTTP', 'HTTPS'] as const) {
  describe(`over ${scheme}`, () => {
    const open = (): Promise<RawClient> =>
      connectRaw(
        scheme === 'HTTP' ? { port: server.httpPort } : { port: server.httpsPort, tls: {} },
      );

    for (const probe of probes) {
      // Nobody reads the body of a host that is not mapped: what is wrong with it stays unseen.
      const refused = isBroken.has(probe) ? undefined : probe.refused;
      test(`${probe.name} is ${refused ? 'refused' : 'read'}`, async () => {
        const client = await open();
        client.send(Buffer.from(probe.bytes + next, 'latin1'));
        const response = await client.response();
        assert.equal(response.headers.server, 'AliyunOSS');
        assert.match(response.headers['x-oss-request-id'] ?? '', /^[0-9A-F]{24}$/);
        const expected = refused ?? { status: 404, code: 'NoSuchBucket' };
        assert.equal(
          `${response.status} ${codeOf(response)}`,
          `${expected.status} ${expected.code}`,
        );
        if (closes(probe)) {
          assert.equal(response.headers.connection, 'close');
          assert.equal(await client.closed(), 'end');
          assert.equal(client.unread().length, 0);
        } else {
          const following = await client.response();
          assert.equal(codeOf(following), 'NoSuchBucket');
          assert.match(following.body.toString(), /<HostId>next\.example<\/HostId>/);
        }
        client.destroy();
      });
    }
  });
}

/** A refusal closes, and so does a body nobody read (security.md 6.8). */
function closes(probe: Probe): boolean {
  return probe.refused !== undefined || probe.closes === true || probe.body !== undefined;
}

describe('uploads', () => {
  async function exists(key: string): Promise<boolean> {
    const client = await connectRaw({ port: server.httpPort });
    client.send(requestBytes(sign({ method: 'HEAD', key })));
    const { status } = await client.response('HEAD');
    client.destroy();
    assert.ok(status === 200 || status === 404, String(status));
    return status === 200;
  }

  for (const [index, probe] of brokenBodies.entries()) {
    test(`${probe.name}: refused, and nothing is stored`, async () => {
      const key = `broken-${index}`;
      const body = probe.bytes.slice(probe.bytes.indexOf('\r\n\r\n') + 4);
      const client = await connectRaw({ port: server.httpPort });
      client.send(
        head(sign({ method: 'PUT', key }), 'Transfer-Encoding: chunked\r\n') + body + next,
      );
      const response = await client.response();
      assert.equal(`${response.status} ${codeOf(response)}`, '400 MalformedRequest');
      assert.equal(await client.closed(), 'end');
      assert.equal(client.unread().length, 0);
      assert.equal(await exists(key), false);
    });
  }

  test('a whole chunked one is stored, whatever its chunks look like', async () => {
    const client = await connectRaw({ port: server.httpPort });
    const framing = 'Transfer-Encoding: chunked\r\n';
    client.send(head(sign({ method: 'PUT', key: 'whole' }), framing));
    client.send('1\r\na\r\n00002;x=y\r\nbc\r\n0\r\nX-Trailer: t\r\n\r\n');
    assert.equal((await client.response()).status, 200);
    client.send(requestBytes(sign({ key: 'whole' })));
    assert.equal((await client.response()).body.toString(), 'abc');
    client.destroy();
  });

  test('one whose client leaves half way is not stored', async () => {
    const client = await connectRaw({ port: server.httpPort });
    client.send(head(sign({ method: 'PUT', key: 'half' }), 'Content-Length: 10\r\n'));
    client.send('12345');
    client.endSending();
    const response = await client.response();
    assert.equal(`${response.status} ${codeOf(response)}`, '400 RequestTimeout');
    await client.closed();
    assert.equal(await exists('half'), false);
  });

  test('100 Continue comes after the signature was checked, and only then', async () => {
    const expecting = { method: 'PUT', key: 'asked' };
    const framing = 'Expect: 100-continue\r\nContent-Length: 3\r\n';
    const client = await connectRaw({ port: server.httpPort });
    client.send(head(sign(expecting), framing));
    assert.equal((await client.response()).status, 100);
    client.send('abc');
    assert.equal((await client.response()).status, 200);
    const forged = sign({ ...expecting, credentials: { ...server, accessKeySecret: 'no' } });
    client.send(head(forged, framing));
    const refusal = await client.response();
    assert.equal(refusal.status, 403);
    assert.equal(refusal.headers.connection, 'close');
    assert.equal(await client.closed(), 'end');
  });

  test('a refused one of 20 MB in full flow sees why', async () => {
    const client = await connectRaw({ port: server.httpPort });
    client.send(
      `PUT /${bucket}/large HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 20000000\r\n\r\n`,
    );
    for (let sent = 0; sent < 20; sent++) client.send(Buffer.alloc(1_000_000));
    const response = await client.response();
    assert.equal(`${response.status} ${codeOf(response)}`, '403 AccessDenied');
    assert.equal(await client.closed(), 'end');
  });
});

test('a HEAD that is refused early has no body to spill into the next answer', async () => {
  const client = await connectRaw({ port: server.httpPort });
  client.send(`HEAD /x?a=%zz HTTP/1.1\r\nHost: a.example\r\n\r\n${next}`);
  const response = await client.response('HEAD');
  assert.equal(response.status, 400);
  const document = Buffer.from(response.headers['x-oss-err'] ?? '', 'base64').toString();
  assert.match(document, /<Code>InvalidURI<\/Code>/);
  assert.equal(await client.closed(), 'end');
  assert.equal(client.unread().length, 0);
});
