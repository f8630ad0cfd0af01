/**
 * Whatever is changed on one of three nodes over one PostgreSQL and one S3 store holds there at
 * once and on the others within the bound, also when every notification is lost.
 */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { visitSecurely } from '../campaigns/propagation/visits.ts';
import { createAuthority } from '../support/certificates.ts';
import { type Cluster, startCluster } from '../support/cluster.ts';
import { type DnsServer, startDnsServer } from '../support/dns-server.ts';
import { deleteCname, putCname, putCnameDocument } from '../support/put-cname.ts';
import type { TestServer } from '../support/server.ts';
import type { TestCredentials } from '../support/sign.ts';
import {
  type Answer,
  createSignedClient,
  type SignedCall,
  type SignedClient,
} from '../support/signed-client.ts';

/** DESIGN ruling 12, whatever messages are lost. */
const boundMs = 10_000;

for (const notifications of ['sent', 'dropped'] as const) {
  describe(`three nodes, notifications ${notifications}`, () => {
    let cluster: Cluster;
    let dns: DnsServer;
    let ann: TestCredentials;
    let ben: TestCredentials;
    const open: SignedClient[] = [];
    let made = 0;

    before(async () => {
      dns = await startDnsServer();
      const settings = { TRANSFER: 'proof', DNS_SERVERS: dns.server };
      cluster = await startCluster({ notifications, settings });
      ann = cluster.ground.credentials;
      ben = await nodeAt(0).rooms.accounts.createAccount('ben');
    });
    after(async () => {
      for (const client of open) client.close();
      await cluster.close();
      await dns.close();
    });

    function nodeAt(index: number): TestServer {
      const node = cluster.nodes[index];
      assert.ok(node);
      return node;
    }

    const clients = new Map<string, SignedClient>();
    function at(node: number, credentials: TestCredentials): SignedClient {
      const key = `${node} ${credentials.accessKeyId}`;
      const known = clients.get(key);
      if (known) return known;
      const client = createSignedClient({ port: nodeAt(node).httpPort, credentials });
      clients.set(key, client);
      open.push(client);
      return client;
    }

    async function good(work: Promise<Answer>): Promise<void> {
      const { status, body } = await work;
      assert.ok(status === 200 || status === 204, `${status} ${body}`);
    }

    /** The body of a page, the code of an error. */
    function told({ status, body }: Answer): string {
      const text = body.toString();
      return status === 200 ? text : (/<Code>(\w+)<\/Code>/.exec(text)?.[1] ?? String(status));
    }

    /** A public bucket with one page that says whose it is. */
    async function makeBucket(owner: TestCredentials, page: string, name?: string) {
      made += 1;
      const bucket = name ?? `bucket-${notifications}-${made}`;
      const client = at(made % 3, owner);
      const headers = { 'x-oss-acl': 'public-read' };
      await good(client.call({ method: 'PUT', bucket, headers }));
      await good(client.call({ method: 'PUT', bucket, key: 'page', body: page }));
      await good(client.call({ method: 'PUT', bucket, key: 'whose', body: page }));
      return bucket;
    }

    async function mapDomain(node: number, owner: TestCredentials, bucket: string, domain: string) {
      const query = { cname: undefined, comp: 'token' };
      const body = putCnameDocument(domain);
      const answer = await at(node, owner).call({ method: 'POST', bucket, query, body });
      const token = /<Token>([^<]+)</.exec(answer.body.toString())?.[1];
      assert.ok(token, answer.body.toString());
      dns.txt(`_dnsauth.${domain}`, token);
      await good(putCname(at(node, owner), bucket, domain));
    }

    const pageOf =
      (domain: string, path = '/page') =>
      async (node: number) =>
        told(await at(node, ann).get(domain, path));

    const callOf = (call: SignedCall, as: TestCredentials) => async (node: number) =>
      told(await at(node, as).call(call));

    /** What all show before, what one is told, what all show then: on the one at once. */
    async function holds(
      node: number,
      ask: (node: number) => Promise<string>,
      [first, then]: readonly [string, string],
      change: () => Promise<void>,
    ): Promise<void> {
      for (const index of cluster.nodes.keys()) await waitFor(index, ask, first, [first]);
      await change();
      assert.equal(await ask(node), then, 'the node that was told');
      for (const index of cluster.nodes.keys()) await waitFor(index, ask, then, [first, then]);
    }

    async function waitFor(
      node: number,
      ask: (node: number) => Promise<string>,
      wanted: string,
      possible: readonly string[],
    ): Promise<void> {
      const until = performance.now() + boundMs;
      for (;;) {
        const seen = await ask(node);
        if (seen === wanted) return;
        const isBeforeAll = possible.length === 1;
        assert.ok(isBeforeAll || possible.includes(seen), `node ${node + 1} shows ${seen}`);
        assert.ok(performance.now() < until, `node ${node + 1} shows ${seen}, wanted ${wanted}`);
        await delay(10);
      }
    }

    test('a domain that everybody knew as unmapped is mapped, and unmapped again', async () => {
      const bucket = await makeBucket(ann, 'of ann');
      const domain = `mapped-${notifications}.example`;
      const ask = pageOf(domain);
      await holds(1, ask, ['NoSuchBucket', 'of ann'], () => mapDomain(1, ann, bucket, domain));
      await holds(2, ask, ['of ann', 'NoSuchBucket'], () =>
        good(deleteCname(at(2, ann), bucket, domain)),
      );
    });

    test('the ACL of a bucket', async () => {
      const bucket = await makeBucket(ann, 'open');
      const domain = `acl-${notifications}.example`;
      await mapDomain(0, ann, bucket, domain);
      const setAcl = (node: number, acl: string) => () =>
        good(
          at(node, ann).call({
            method: 'PUT',
            bucket,
            query: { acl: undefined },
            headers: { 'x-oss-acl': acl },
          }),
        );
      await holds(2, pageOf(domain), ['open', 'AccessDenied'], setAcl(2, 'private'));
      await holds(0, pageOf(domain), ['AccessDenied', 'open'], setAcl(0, 'public-read'));
    });

    test('the website document, made, replaced and removed', async () => {
      const bucket = await makeBucket(ann, 'first');
      const domain = `website-${notifications}.example`;
      await good(at(0, ann).call({ method: 'PUT', bucket, key: 'other', body: 'second' }));
      await mapDomain(1, ann, bucket, domain);
      const setIndex = (node: number, key: string) => () => {
        const index = `<IndexDocument><Suffix>${key}</Suffix></IndexDocument>`;
        const body = `<WebsiteConfiguration>${index}</WebsiteConfiguration>`;
        const query = { website: undefined };
        return good(at(node, ann).call({ method: 'PUT', bucket, query, body }));
      };
      const ask = pageOf(domain, '/');
      await holds(0, ask, ['AccessDenied', 'first'], setIndex(0, 'page'));
      await holds(1, ask, ['first', 'second'], setIndex(1, 'other'));
      await holds(2, ask, ['second', 'AccessDenied'], () =>
        good(at(2, ann).call({ method: 'DELETE', bucket, query: { website: undefined } })),
      );
    });

    test('a key that is disabled and enabled, and one that is made', async () => {
      const { accounts } = nodeAt(1).rooms;
      const bucket = await makeBucket(ben, 'of ben');
      const key = await accounts.createKey('ben');
      const ask = callOf({ bucket, key: 'page' }, key);
      for (const index of cluster.nodes.keys()) assert.equal(await ask(index), 'of ben');
      await holds(1, ask, ['of ben', 'InvalidAccessKeyId'], () =>
        accounts.setKeyStanding(key.accessKeyId, 'disabled'),
      );
      await holds(1, ask, ['InvalidAccessKeyId', 'of ben'], () =>
        accounts.setKeyStanding(key.accessKeyId, 'active'),
      );
    });

    test('an account that is disabled', async () => {
      const { accounts } = nodeAt(2).rooms;
      const name = `cleo-${notifications}`;
      const cleo = await accounts.createAccount(name);
      const bucket = await makeBucket(cleo, 'of cleo');
      const ask = callOf({ bucket, key: 'page' }, cleo);
      await holds(2, ask, ['of cleo', 'InvalidAccessKeyId'], () =>
        accounts.setAccountStanding(name, 'disabled'),
      );
    });

    test('a bucket deleted with its domain, whose name another account takes', async () => {
      const bucket = await makeBucket(ann, 'of ann');
      const domain = `deleted-${notifications}.example`;
      await mapDomain(0, ann, bucket, domain);
      await holds(0, pageOf(domain), ['of ann', 'NoSuchKey'], () =>
        good(at(0, ann).call({ method: 'DELETE', bucket, key: 'page' })),
      );
      await good(at(0, ann).call({ method: 'DELETE', bucket, key: 'whose' }));
      await holds(1, pageOf(domain), ['NoSuchKey', 'NoSuchBucket'], () =>
        good(at(1, ann).call({ method: 'DELETE', bucket })),
      );
      await makeBucket(ben, 'of ben', bucket);
      const byName = callOf({ bucket, key: 'page' }, ben);
      for (const index of cluster.nodes.keys()) {
        // Who has not heard of the deletion looks into the bucket that was, which is empty.
        await waitFor(index, byName, 'of ben', ['NoSuchKey', 'NoSuchBucket', 'of ben']);
        assert.equal(await pageOf(domain)(index), 'NoSuchBucket', 'the domain came back');
      }
    });

    test('a domain that moves to another account', async () => {
      const former = await makeBucket(ann, 'of ann');
      const next = await makeBucket(ben, 'of ben');
      const domain = `moving-${notifications}.example`;
      await mapDomain(0, ann, former, domain);
      await holds(1, pageOf(domain), ['of ann', 'of ben'], () => mapDomain(1, ben, next, domain));
    });

    test('no session of a former account is resumed where the next one claims its domain', async () => {
      const [former, next] = [await makeBucket(ann, 'of ann'), await makeBucket(ben, 'of ben')];
      const domain = `session-${notifications}.example`;
      await mapDomain(0, ann, former, domain);
      const certificate = await (await createAuthority()).issue({ names: [domain] });
      await good(putCname(at(1, ann), former, domain, { certificate }));
      const port = nodeAt(1).httpsPort;
      for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
        const target = { port, domain, version };
        const { session, leaf } = await visitSecurely(target);
        assert.equal(leaf, certificate.x509.fingerprint256);
        assert.ok((await visitSecurely({ ...target, session })).isResumed);
        // The node with the sessions hears of the first half only by what it is told in the second.
        await good(deleteCname(at(0, ann), former, domain));
        await mapDomain(1, ben, next, domain);
        const visit = await visitSecurely({ ...target, session });
        assert.deepEqual([visit.isResumed, visit.leaf], [false, undefined]);
        await good(deleteCname(at(1, ben), next, domain));
        await mapDomain(1, ann, former, domain);
        await good(putCname(at(1, ann), former, domain, { certificate }));
      }
    });

    test('notifications were lost where they should be, and nowhere else', () => {
      const dropped = cluster.ground.droppedNotifications();
      assert.equal(dropped > 0, notifications === 'dropped', `${dropped} dropped`);
    });
  });
}
