/** An installation as its users made it, over HTTP, and what they see of it. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { request } from 'node:https';
import { createContentKeys } from '../../../src/buckets/index.ts';
import { realWorld } from '../../../src/world/index.ts';
import { append, leaveUpload, putComposed } from '../../campaigns/copy/compose.ts';
import { rootKey, type servePlace } from '../../campaigns/copy/places.ts';
import { createAuthority } from '../../support/certificates.ts';
import { leafShown } from '../../support/handshake.ts';
import { putCname, putCnameDocument } from '../../support/put-cname.ts';
import { type Answer, createSignedClient, type SignedClient } from '../../support/signed-client.ts';

type Server = Awaited<ReturnType<typeof servePlace>>;

export interface Story {
  readonly buckets: readonly string[];
  readonly objects: readonly { bucket: string; key: string }[];
  readonly domains: readonly string[];
  /** Contents with bytes: of objects, of their older versions, and parts of uploads. */
  readonly contents: number;
  readonly pending: { bucket: string; domain: string };
  readonly tenant: { accessKeyId: string; accessKeySecret: string };
}

export function clientOf(server: Server, credentials = rootKey as Story['tenant']): SignedClient {
  return createSignedClient({ port: server.addresses.http?.port ?? 0, credentials });
}

async function good(work: Promise<Answer>): Promise<Answer> {
  const answer = await work;
  assert.ok(answer.status < 300, `${answer.status} ${answer.body}`);
  return answer;
}

/** Makes all of it; every table has rows afterwards, and numbers have gaps. */
export async function makeStory(server: Server): Promise<Story> {
  const client = clientOf(server);
  const { accessKeyId, accessKeySecret } = await server.rooms.accounts.createAccount('tenant');
  const tenant = { accessKeyId, accessKeySecret };
  const tenantClient = clientOf(server, tenant);
  const isPublic = { 'x-oss-acl': 'public-read' };
  await good(client.call({ method: 'PUT', bucket: 'gone-bucket' }));
  await good(client.call({ method: 'PUT', bucket: 'shop-bucket', headers: isPublic }));
  await good(client.call({ method: 'PUT', bucket: 'private-bucket' }));
  await good(tenantClient.call({ method: 'PUT', bucket: 'tenant-bucket', headers: isPublic }));
  await good(client.call({ method: 'DELETE', bucket: 'gone-bucket' }));
  const objects = [
    ...(await putObjects(client)),
    { bucket: 'tenant-bucket', key: 'of the tenant' },
  ];
  const note = { method: 'PUT', bucket: 'tenant-bucket', key: 'of the tenant', body: 'hers' };
  await good(tenantClient.call(note));
  const website =
    '<WebsiteConfiguration><IndexDocument><Suffix>index.html</Suffix></IndexDocument>' +
    '</WebsiteConfiguration>';
  const query = { website: undefined };
  await good(client.call({ method: 'PUT', bucket: 'shop-bucket', query, body: website }));
  const domains = ['www.shop.example', 'img.shop.example', 'plain.shop.example'];
  await putDomains(client, domains);
  const pending = { bucket: 'shop-bucket', domain: 'pending.shop.example' };
  await good(tokenOf(client, pending));
  const versions = await makeVersions(server, client);
  client.close();
  tenantClient.close();
  const buckets = ['shop-bucket', 'private-bucket', 'versioned-bucket'];
  const contents = objects.length + versions;
  return { buckets, objects, contents, domains, pending, tenant };
}

/** Returns how many contents there are. */
async function makeVersions(server: Server, client: SignedClient): Promise<number> {
  const bucket = 'versioned-bucket';
  const { engines } = server.rooms;
  const put = (key: string, body: string) =>
    good(client.call({ method: 'PUT', bucket, key, body }));
  const setVersioning = (status: string) => {
    const body = `<VersioningConfiguration><Status>${status}</Status></VersioningConfiguration>`;
    return good(client.call({ method: 'PUT', bucket, query: { versioning: undefined }, body }));
  };
  await good(client.call({ method: 'PUT', bucket }));
  await put('versions', 'before');
  await setVersioning('Enabled');
  for (const body of ['first', 'second', '']) await put('versions', body);
  for (let time = 0; time < 3; time += 1) {
    await good(client.call({ method: 'DELETE', bucket, key: 'versions' }));
    await good(client.call({ method: 'DELETE', bucket, key: 'gone' }));
  }
  const bucketId = (await engines.metadata.buckets.findBucket(bucket))?.id ?? assert.fail();
  const pieces = [Buffer.alloc(300_000, 'a'), Buffer.from('b'), Buffer.alloc(5_000, 'c')];
  await putComposed(engines, { bucketId, key: 'composed', pieces });
  await putComposed(engines, { bucketId, key: 'composed', pieces: pieces.toReversed() });
  await putComposed(engines, { bucketId, key: 'of nothing', pieces: [] });
  await put('grown', 'one');
  const grown = { bucketId, key: 'grown' };
  await append(engines, grown, Buffer.from('two'), Buffer.from('onetwo'));
  await leaveUpload(engines, { bucketId, key: 'later', pieces });
  await setVersioning('Suspended');
  await put('suspended', 'null');
  const secret = { method: 'PUT', bucket, key: 'encrypted', body: 'not to be read' };
  const headers = { 'x-oss-server-side-encryption': 'AES256' };
  await good(client.call({ ...secret, headers }));
  const keys = createContentKeys(engines.sealer, realWorld.random);
  const hidden = { bucketId, pieces, secret: keys.draw(bucketId) };
  await putComposed(engines, { ...hidden, key: 'encrypted, of parts' });
  await leaveUpload(engines, { ...hidden, key: 'later, encrypted' });
  const versions = 4;
  return versions + 2 + 1 + pieces.length + 2 + 1 + pieces.length;
}

async function putObjects(client: SignedClient): Promise<{ bucket: string; key: string }[]> {
  const bodies: Record<string, Buffer> = {
    'index.html': Buffer.from('<h1>shop</h1>'),
    empty: Buffer.alloc(0),
    'ordner/schöne Grüße €😀.txt': Buffer.from('hello'),
    'large.bin': Buffer.alloc(9 * 1024 * 1024, 'large'),
    'a\u0001b': Buffer.from('control'),
  };
  const headers = {
    'Content-Type': 'text/html',
    'Cache-Control': 'max-age=7',
    'x-oss-meta-colour': 'green',
  };
  for (const bucket of ['shop-bucket', 'private-bucket']) {
    for (const [key, body] of Object.entries(bodies)) {
      await good(client.call({ method: 'PUT', bucket, key, body, headers }));
    }
    const closed = { bucket, key: 'index.html', query: { acl: undefined } };
    const acl = bucket === 'shop-bucket' ? 'default' : 'public-read';
    await good(client.call({ ...closed, method: 'PUT', headers: { 'x-oss-object-acl': acl } }));
  }
  const keys = Object.keys(bodies);
  return ['shop-bucket', 'private-bucket'].flatMap((bucket) =>
    keys.map((key) => ({ bucket, key })),
  );
}

async function putDomains(client: SignedClient, domains: readonly string[]): Promise<void> {
  const authority = await createAuthority();
  const [www = '', img = '', bare = ''] = domains;
  for (const domain of [www, img, www]) {
    const certificate = await authority.issue({ names: [domain] });
    await good(putCname(client, 'shop-bucket', domain, { certificate }));
  }
  await good(putCname(client, 'shop-bucket', bare));
}

function tokenOf(client: SignedClient, { bucket, domain }: Story['pending']): Promise<Answer> {
  const query = { cname: undefined, comp: 'token' };
  return client.call({ method: 'POST', bucket, query, body: putCnameDocument(domain) });
}

/** Everything the API shows of the story, without what is new in every answer. */
export async function observe(server: Server, story: Story): Promise<Record<string, unknown>> {
  const client = clientOf(server);
  const tenantClient = clientOf(server, story.tenant);
  const httpsPort = server.addresses.https?.port ?? 0;
  const seen: Record<string, unknown> = {};
  for (const { bucket, key } of story.objects) {
    const caller = bucket === 'tenant-bucket' ? tenantClient : client;
    seen[`GET ${bucket}/${key}`] = lasting(await good(caller.call({ bucket, key })));
    const query = { acl: undefined };
    seen[`ACL ${bucket}/${key}`] = (
      await good(caller.call({ bucket, key, query }))
    ).body.toString();
  }
  for (const bucket of story.buckets) {
    for (const name of ['cname', 'acl', 'stat', 'bucketInfo', 'website']) {
      const answer = await client.call({ bucket, query: { [name]: undefined } });
      seen[`${name} of ${bucket}`] = withoutIds(answer.body.toString());
    }
    Object.assign(seen, await versionsSeen(client, bucket));
    const list = await good(client.call({ bucket, query: { 'list-type': '2' } }));
    seen[`objects of ${bucket}`] = list.body.toString();
  }
  for (const domain of story.domains) {
    seen[`certificate of ${domain}`] = await leafShown(httpsPort, domain);
    seen[`page of ${domain}`] = lasting(await client.get(domain, '/index.html'));
  }
  const [www = ''] = story.domains;
  seen[`https page of ${www}`] = await overHttps(httpsPort, www);
  seen.token = (await good(tokenOf(client, story.pending))).body.toString();
  client.close();
  tenantClient.close();
  return seen;
}

async function versionsSeen(client: SignedClient, bucket: string): Promise<object> {
  const seen: Record<string, unknown> = {};
  const list = await good(client.call({ bucket, query: { versions: undefined } }));
  const text = list.body.toString();
  seen[`versions of ${bucket}`] = text;
  for (const [, key = '', versionId] of text.matchAll(
    /<Version>\s*<Key>([\w ,]*)<\/Key>\s*<VersionId>(.*?)<\/VersionId>/g,
  )) {
    const answer = await good(client.call({ bucket, key, query: { versionId } }));
    seen[`GET ${bucket}/${key} ${versionId}`] = lasting(answer);
  }
  return seen;
}

/** What is asked again and again must not depend on when and of whom. */
function lasting({ status, headers, body }: Answer): unknown {
  const kept = Object.entries(headers).filter(
    ([name]) => !/^(date|connection|keep-alive|x-oss-request-id|x-oss-server-time)$/.test(name),
  );
  return { status, headers: Object.fromEntries(kept), body: digestOf(body) };
}

function digestOf(body: Buffer): string {
  return `${body.length} ${createHash('sha256').update(body).digest('hex')}`;
}

function withoutIds(text: string): string {
  return text
    .replace(/<(RequestId|HostId)>[^<]*<\/\1>/g, '')
    .replace(/localhost:\d+|127\.0\.0\.1:\d+/g, '');
}

function overHttps(port: number, servername: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const headers = { Host: servername };
    const place = { host: '127.0.0.1', port, servername, rejectUnauthorized: false };
    const outgoing = request({ ...place, path: '/index.html', headers }, (incoming) => {
      incoming.toArray().then((chunks) => resolve(digestOf(Buffer.concat(chunks))), reject);
    });
    outgoing.once('error', reject);
    outgoing.end();
  });
}
