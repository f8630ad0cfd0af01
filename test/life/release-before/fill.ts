/** A small installation with something of everything, written through its own server. */
import assert from 'node:assert/strict';
import { actor, mapping } from '../../contract/samples.ts';
import { createSelfSigned } from '../../support/certificates.ts';
import { createChance } from '../../support/chance.ts';
import { putCname } from '../../support/put-cname.ts';
import type { TestServer } from '../../support/server.ts';
import type { TestCredentials } from '../../support/sign.ts';
import { createSignedClient, type SignedCall } from '../../support/signed-client.ts';
import { domains, keys } from './questions.ts';

/** Certificates and tokens outlive every release that opens them. */
const farAway = Date.UTC(2120, 0);

/** Returns the access keys by the names the questions use. */
export async function fill(server: TestServer): Promise<Record<string, TestCredentials>> {
  const { accounts, engines } = server.rooms;
  const root = { accessKeyId: server.accessKeyId, accessKeySecret: server.accessKeySecret };
  const alice = await accounts.createAccount('alice');
  const disabled = await accounts.createKey('alice');
  await accounts.setKeyStanding(disabled.accessKeyId, 'disabled');
  const as = (credentials: TestCredentials) => {
    const client = createSignedClient({ port: server.httpPort, credentials });
    const call = async (request: SignedCall, status = 200) => {
      const answer = await client.call(request);
      assert.equal(answer.status, status, answer.body.toString());
    };
    return { client, call };
  };
  const [asRoot, asAlice] = [as(root), as(alice)];
  const publicly = { 'x-oss-acl': 'public-read' };
  await asRoot.call({ method: 'PUT', bucket: 'shop-site', headers: publicly });
  await asRoot.call({ method: 'PUT', bucket: 'old-home' });
  await asAlice.call({ method: 'PUT', bucket: 'alice-box' });
  await fillObjects(asRoot.call, asAlice.call);
  const website =
    '<WebsiteConfiguration><IndexDocument><Suffix>index.html</Suffix>' +
    '<SupportSubDir>true</SupportSubDir><Type>0</Type></IndexDocument>' +
    '<ErrorDocument><Key>error.html</Key></ErrorDocument></WebsiteConfiguration>';
  const query = { website: undefined };
  await asRoot.call({ method: 'PUT', bucket: 'shop-site', query, body: website });
  const certificate = await createSelfSigned({ names: [domains.bound], notAfter: farAway });
  for (const domain of [domains.bound, domains.plain]) {
    const options = domain === domains.bound ? { certificate } : {};
    const answer = await putCname(asRoot.client, 'shop-site', domain, options);
    assert.equal(answer.status, 200, answer.body.toString());
  }
  asRoot.client.close();
  asAlice.client.close();
  await fillDomains(engines.metadata);
  return { root, alice, disabled };
}

type Call = (request: SignedCall, status?: number) => Promise<void>;

async function fillObjects(asRoot: Call, asAlice: Call): Promise<void> {
  const chance = createChance('release before');
  const special: Record<string, Pick<SignedCall, 'body' | 'headers'>> = {
    empty: { body: '' },
    'large.bin': { body: chance.bytes(5_000) },
    'style.css': {
      body: 'body { color: green }',
      headers: {
        'Content-Type': 'text/css',
        'Cache-Control': 'max-age=60',
        'x-oss-meta-colour': 'gr\u00fcn',
        'x-oss-object-acl': 'private',
      },
    },
  };
  const bucket = 'shop-site';
  for (const key of keys[bucket]) {
    if (key === 'copy.css') continue;
    const usual = { body: `<p>${JSON.stringify(key)}</p>` };
    const html = { 'Content-Type': 'text/html' };
    const isPage = key.endsWith('.html');
    const request = special[key] ?? { ...usual, ...(isPage ? { headers: html } : {}) };
    await asRoot({ method: 'PUT', bucket, key, ...request });
  }
  const source = { 'x-oss-copy-source': '/shop-site/style.css' };
  await asRoot({ method: 'PUT', bucket, key: 'copy.css', headers: source });
  await asRoot({ method: 'PUT', bucket, key: 'replaced', body: 'the second content' });
  await asRoot({ method: 'PUT', bucket, key: 'deleted', body: 'soon gone' });
  await asRoot({ method: 'DELETE', bucket, key: 'deleted' }, 204);
  await asRoot({ method: 'PUT', bucket: 'old-home', key: 'a', body: 'a' });
  const publicly = { 'x-oss-object-acl': 'public-read' };
  await asAlice({ method: 'PUT', bucket: 'alice-box', key: 'private.txt', body: 'mine' });
  await asAlice({
    method: 'PUT',
    bucket: 'alice-box',
    key: 'public.txt',
    body: 'for all',
    headers: publicly,
  });
}

/** What the API gives only after a proof in DNS. */
async function fillDomains(metadata: TestServer['rooms']['engines']['metadata']): Promise<void> {
  const [shop, old, box] = await Promise.all(
    ['shop-site', 'old-home', 'alice-box'].map((name) => metadata.buckets.findBucket(name)),
  );
  assert.ok(shop && old && box);
  const now = Date.now();
  const tokenFor = async (bucketId: number, domain: string): Promise<string> => {
    const token = `fixture-token-of-${domain}`;
    const fresh = { token, createdAt: now, expiresAt: farAway };
    const input = { domain, bucketId, fresh, tokensMax: 10, audit: { actor } };
    assert.equal((await metadata.cnames.takeOrReuseToken(input)).outcome, 'issued');
    return token;
  };
  const map = async (...change: Parameters<typeof mapping>): Promise<void> => {
    const outcome = await metadata.cnames.changeMapping(mapping(...change));
    assert.equal(outcome.outcome, 'mapped');
  };
  await map(shop, domains.image, { type: 'CNAME_IMG', isPurgeCdnCache: true, now });
  await map(old, domains.moved, { now });
  const token = await tokenFor(box.id, domains.moved);
  await map(box, domains.moved, { now, proof: { kind: 'token', token }, allowTransfer: true });
  for (const bucket of [shop, old, box]) await tokenFor(bucket.id, domains.waiting);
}
