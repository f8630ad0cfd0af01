/**
 * PutCname against a DNS that misbehaves in every known way, all of them at once, over HTTP and
 * with the real time limits: no false accept, each refusal says which of the three cases it was,
 * none comes late, and nobody else waits (DESIGN rulings 14 and 24).
 */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { parseXml } from '../../src/xml/index.ts';
import { type Misbehaviour, misbehaviours, type ProofClass } from '../support/dns-misbehaviours.ts';
import { type DnsServer, startDnsServer } from '../support/dns-server.ts';
import { putCnameDocument } from '../support/put-cname.ts';
import { startTestServer, type TestServer } from '../support/server.ts';
import type { TestCredentials } from '../support/sign.ts';
import { type Answer, createSignedClient, type SignedClient } from '../support/signed-client.ts';

/** The milestone's promise; the server's own limit is 8 s. */
const latestMs = 10_000;
/** Far less than one silence lasts: who waits longer stood behind somebody else's proof. */
const undisturbedMs = 4_000;
/** What the server gives one try and one proof. */
const limits = { tryMs: 2_500, budgetMs: 8_000 };

/** Fewer than an account may have, and none with more domains than a bucket may have. */
const caseBuckets = 20;
const bucketOf = (index: number): string => `cases-${index % caseBuckets}`;
/** Below the questions a minute that one account may cause. */
const healthyMax = 500;

const hints: Readonly<Record<Exclude<ProofClass, 'proven'>, RegExp>> = {
  'nothing-there': /there is no TXT record at/,
  'something-else-there': /has another value: "/,
  'resolver-failed': /could not be checked, because asking .* failed: .* Please try again\./,
};

let server: TestServer;
let dns: DnsServer;
let client: SignedClient;

before(async () => {
  dns = await startDnsServer();
  server = await startTestServer({ settings: { DNS_SERVERS: dns.server } });
  client = connect(server, server);
  await makeBucket(client, 'foreign');
  for (let index = 0; index < caseBuckets; index++) await makeBucket(client, bucketOf(index));
});
after(async () => {
  client.close();
  await server.close();
  await dns.close();
});

function connect(to: TestServer, credentials: TestCredentials): SignedClient {
  return createSignedClient({ port: to.httpPort, credentials, connections: 150 });
}

const cnameQuery = (comp: string) => ({ cname: undefined, comp });

function post(who: SignedClient, comp: string, bucket: string, domain: string): Promise<Answer> {
  const body = putCnameDocument(domain);
  return who.call({ method: 'POST', bucket, query: cnameQuery(comp), body });
}

async function makeBucket(who: SignedClient, bucket: string): Promise<void> {
  assert.equal((await who.call({ method: 'PUT', bucket })).status, 200);
}

async function createToken(who: SignedClient, bucket: string, domain: string): Promise<string> {
  const answer = await post(who, 'token', bucket, domain);
  const token = /<Token>([0-9a-f]{32})<\/Token>/.exec(answer.body.toString())?.[1];
  assert.ok(token, answer.body.toString());
  return token;
}

async function listDomains(bucket: string): Promise<string[]> {
  const listed = await client.call({ bucket, query: { cname: undefined } });
  const found = listed.body.toString().matchAll(/<Domain>([^<]*)<\/Domain>/g);
  return [...found].map((match) => match[1] ?? '');
}

/** The elements of an error document, which must be well-formed whatever DNS had said. */
async function readError(answer: Answer): Promise<Record<string, string>> {
  const xml = await parseXml(answer.body, { bytesMax: 65_536, elementsMax: 100 });
  return Object.fromEntries(xml.children.map(({ name, text }) => [name, text]));
}

async function play(misbehaviour: Misbehaviour, index: number): Promise<void> {
  const { expect, plant } = misbehaviour;
  const domain = `case-${index}.shop-${index}.example`;
  const bucket = bucketOf(index);
  const txtName = `_dnsauth.${domain}`;
  const token = await createToken(client, bucket, domain);
  const foreignToken = await createToken(client, 'foreign', domain);
  plant({ server: dns, domain, txtName, token, foreignToken, ...limits });

  const startedAt = performance.now();
  const answer = await post(client, 'add', bucket, domain);
  assert.ok(performance.now() - startedAt < latestMs, 'the answer came late');
  if (expect === 'proven') {
    assert.equal(answer.status, 200, answer.body.toString());
    assert.ok((await listDomains(bucket)).includes(domain));
    return;
  }
  const error = await readError(answer);
  assert.deepEqual([answer.status, error.Code], [403, 'NeedVerifyDomainOwnership']);
  assert.equal(answer.headers['x-oss-ec'], '0018-00000115');
  assert.deepEqual([error.Bucket, error.Cname, error.TxtName], [bucket, domain, txtName]);
  for (const [name, pattern] of Object.entries(hints)) {
    assert.equal(pattern.test(error.Hint ?? ''), name === expect, `${name}: ${error.Hint}`);
  }
  await assertUntouched(bucket, domain, token, expect);
}

/** Nothing was mapped, the token lives on, and the record for the operator says the same. */
async function assertUntouched(bucket: string, domain: string, token: string, expect: ProofClass) {
  assert.ok(!(await listDomains(bucket)).includes(domain));
  assert.equal((await client.get(domain, '/')).status, 404);
  const query = { comp: 'token', cname: domain };
  assert.ok((await client.call({ bucket, query })).body.includes(token));
  const { audit } = server.rooms.engines.metadata;
  const [record] = await audit.listAudit({ domain, limit: 1 });
  assert.deepEqual([record?.action, record?.detail.what], ['PutCname', expect]);
}

describe('PutCname while DNS misbehaves', { concurrency: true }, () => {
  let running = misbehaviours.length;
  const isQuiet = () => running === 0;
  for (const [index, misbehaviour] of misbehaviours.entries()) {
    it(`${misbehaviour.name}: ${misbehaviour.expect}`, async () => {
      try {
        await play(misbehaviour, index);
      } finally {
        running--;
      }
    });
  }

  it('pages of mapped domains are served meanwhile', async () => {
    const bucket = 'canary';
    const domain = 'www.canary.example';
    await makeBucket(client, bucket);
    const headers = { 'x-oss-object-acl': 'public-read' };
    await client.call({ method: 'PUT', bucket, key: 'page', headers, body: 'chirp' });
    dns.txt(`_dnsauth.${domain}`, await createToken(client, bucket, domain));
    assert.equal((await post(client, 'add', bucket, domain)).status, 200);
    const visitor = connect(server, server);
    let served = 0;
    let slowestMs = 0;
    do {
      const startedAt = performance.now();
      const page = await visitor.get(domain, '/page');
      slowestMs = Math.max(slowestMs, performance.now() - startedAt);
      assert.deepEqual([page.status, page.body.toString()], [200, 'chirp']);
      served++;
    } while (!isQuiet());
    visitor.close();
    assert.ok(served > 20, `only ${served} pages`);
    assert.ok(slowestMs < undisturbedMs, `a page took ${slowestMs} ms`);
  });

  it('healthy domains of others are mapped meanwhile', async () => {
    const ben = await server.rooms.accounts.createAccount('ben');
    const other = connect(server, ben);
    const bucket = 'healthy';
    await makeBucket(other, bucket);
    let mapped = 0;
    let slowestMs = 0;
    do {
      const domain = `n${mapped}.healthy.example`;
      dns.txt(`_dnsauth.${domain}`, await createToken(other, bucket, domain));
      const startedAt = performance.now();
      const answer = await post(other, 'add', bucket, domain);
      slowestMs = Math.max(slowestMs, performance.now() - startedAt);
      assert.equal(answer.status, 200, answer.body.toString());
      assert.equal((await post(other, 'delete', bucket, domain)).status, 200);
      mapped++;
    } while (!isQuiet() && mapped < healthyMax);
    other.close();
    assert.ok(mapped > 10, `only ${mapped} domains`);
    assert.ok(slowestMs < undisturbedMs, `a mapping took ${slowestMs} ms`);
  });

  it('callers who repeat themselves share one question', async () => {
    const bucket = 'repeated';
    const domain = 'www.repeated.example';
    await makeBucket(client, bucket);
    const token = await createToken(client, bucket, domain);
    dns.script(`_dnsauth.${domain}`, () => {});
    const answers = await Promise.all(
      Array.from({ length: 20 }, () => post(client, 'add', bucket, domain)),
    );
    for (const answer of answers) {
      assert.match((await readError(answer)).Hint ?? '', hints['resolver-failed']);
    }
    const asked = dns.asked.filter(({ name }) => name === `_dnsauth.${domain}`);
    assert.equal(asked.length, 3, 'the three tries of one question');
    dns.txt(`_dnsauth.${domain}`, token);
    assert.equal((await post(client, 'add', bucket, domain)).status, 200, 'nothing is remembered');
  });
});

describe('the time for a proof', () => {
  it('is the one that is set', async (context) => {
    const impatient = await startTestServer({
      settings: { DNS_SERVERS: dns.server, OWNERSHIP_TIMEOUT: '500ms' },
    });
    context.after(() => impatient.close());
    const caller = connect(impatient, impatient);
    context.after(() => caller.close());
    await makeBucket(caller, 'impatient');
    await createToken(caller, 'impatient', 'www.silent.example');
    dns.script('_dnsauth.www.silent.example', () => {});
    const startedAt = performance.now();
    const answer = await post(caller, 'add', 'impatient', 'www.silent.example');
    const tookMs = performance.now() - startedAt;
    assert.match((await readError(answer)).Hint ?? '', hints['resolver-failed']);
    assert.ok(tookMs >= 450 && tookMs < limits.tryMs, `${tookMs} ms`);
  });

  it('is over at once when no server listens', async (context) => {
    const gone = await startDnsServer();
    await gone.close();
    const lost = await startTestServer({ settings: { DNS_SERVERS: gone.server } });
    context.after(() => lost.close());
    const caller = connect(lost, lost);
    context.after(() => caller.close());
    await makeBucket(caller, 'lost');
    await createToken(caller, 'lost', 'www.lost.example');
    const startedAt = performance.now();
    const answer = await post(caller, 'add', 'lost', 'www.lost.example');
    assert.ok(performance.now() - startedAt < latestMs);
    assert.match((await readError(answer)).Hint ?? '', hints['resolver-failed']);
  });
});
