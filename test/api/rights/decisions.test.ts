/**
 * The decision table of access-control.md 9 over the wire: every case that needs neither another
 * source address nor another time nor TLS nor tags of stored objects.
 */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { Asking, Case } from '../../rooms/rights/cases.ts';
import { cases } from '../../rooms/rights/cases.ts';
import { documentOf } from '../../rooms/rights/documents.ts';
import { putCnameDocument } from '../../support/put-cname.ts';
import { type Answer, type Call, openStage, type Stage } from './stage.ts';

let stage: Stage;
before(async () => {
  stage = await openStage();
});
after(() => stage.close());

/** Of the room's table only: by address, time, tag, or over TLS. */
const roomOnly = [30, 31, 33, 36, 40, 58, 60, 61, 62, 63, 88];

type Request = Omit<Call, 'as' | 'session'>;

const multiDelete = (...keys: string[]): string =>
  `<Delete>${keys.map((key) => `<Object><Key>${key}</Key></Object>`).join('')}</Delete>`;
const bogus = { chainPem: 'x', keyPem: 'y' };

const putCertificate: Request = {
  method: 'POST',
  query: { cname: undefined, comp: 'add' },
  body: putCnameDocument('a.example', { certificate: bogus }),
};

/** What a case sends, where its number says more than its first action. */
const special: Readonly<Record<number, Request>> = {
  2: putCertificate,
  43: putCertificate,
  44: putCertificate,
  34: { method: 'PUT', key: 'a.txt', headers: { 'x-oss-tagging': 'a=b' } },
  35: { method: 'PUT', key: 'a.txt', headers: { 'x-oss-tagging': 'a=b' } },
  38: { method: 'PUT', key: 'up/b', headers: { 'x-oss-copy-source': '/shop/a' } },
  39: { method: 'PUT', key: 'up/b', headers: { 'x-oss-copy-source': '/shop/a' } },
  71: { method: 'POST', query: { delete: undefined }, body: multiDelete('x', 'private/y') },
  83: { method: 'POST', query: { delete: undefined }, body: multiDelete('up/x') },
};

const byAction: Readonly<Record<string, Request>> = {
  'oss:GetObject': {},
  'oss:GetObjectVersion': { query: { versionId: 'null' } },
  'oss:PutObject': { method: 'PUT', body: 'new' },
  'oss:DeleteObject': { method: 'DELETE' },
  'oss:GetObjectAcl': { query: { acl: undefined } },
  'oss:GetBucketInfo': { query: { bucketInfo: undefined } },
  'oss:PutBucketWebsite': {
    method: 'PUT',
    query: { website: undefined },
    body: '<WebsiteConfiguration><IndexDocument><Suffix>i</Suffix></IndexDocument></WebsiteConfiguration>',
  },
  'oss:PutCname': {
    method: 'POST',
    query: { cname: undefined, comp: 'add' },
    body: putCnameDocument('a.example'),
  },
  'oss:DeleteCname': {
    method: 'POST',
    query: { cname: undefined, comp: 'delete' },
    body: putCnameDocument('a.example'),
  },
  'oss:PutBucketAcl': { method: 'PUT', query: { acl: undefined } },
  'oss:PutObjectAcl': { method: 'PUT', query: { acl: undefined } },
};

function requestOf(one: Case, asking: Asking): Request {
  const given = special[one.number];
  if (given !== undefined) return { bucket: 'shop', ...given };
  const [bucket = 'shop', ...rest] = (asking.on ?? 'shop/a.txt').split('/');
  const { keys = {} } = one;
  const headers: Record<string, string> = {};
  if (keys['oss:x-oss-acl'] !== undefined) headers['x-oss-acl'] = keys['oss:x-oss-acl'];
  if (keys['oss:x-oss-object-acl'] !== undefined) {
    headers['x-oss-object-acl'] = keys['oss:x-oss-object-acl'];
  }
  const base = { bucket, key: rest.join('/'), headers };
  if (asking.action !== 'oss:ListObjects') return { ...base, ...byAction[asking.action] };
  const query: Record<string, string> = {};
  if (keys['oss:Prefix']) query.prefix = keys['oss:Prefix'];
  if (keys['oss:Delimiter']) query.delimiter = keys['oss:Delimiter'];
  return { ...base, query };
}

const codes: Readonly<Record<string, string>> = {
  'session-policy': '0003-00000301',
  'identity-policy': '0003-00000201',
  'bucket-policy': '0003-00000101',
  'both-policies': '0003-00000203',
  implicit: '0003-00000001',
};
/** Whose EC says more than what kept them out. */
const specialCodes: Readonly<Record<number, string>> = {
  10: '0003-00001201',
  11: '0003-00001201',
  34: '0003-00000905',
  71: '0003-00000204',
};

const allowed = ['owner', 'identity', 'acl'];

function isAllowed(one: Case): boolean {
  if (one.result !== 'bucket-policy') return allowed.includes(one.result);
  return !documentOf(one.bucket ?? 'B1').includes('Deny');
}

/** Objects that a case may have deleted stand again. */
let isWhole = false;
const deletions: readonly string[] = ['DELETE', 'POST'];

async function putObjects(): Promise<void> {
  if (isWhole) return;
  for (const key of ['a', 'a.txt', 'b.txt', 'up/x', 'private/x', 'private/y', 'public/x', 'x']) {
    const made = await stage.call({ as: 'owner', method: 'PUT', bucket: 'shop', key, body: key });
    assert.equal(made.status, 200, made.text);
  }
  isWhole = true;
}

async function arrange(one: Case): Promise<void> {
  const { buckets } = stage.server.rooms.engines.metadata;
  await stage.setPolicy(undefined);
  for (const name of ['website', 'public-access-block'] as const) {
    await buckets.setBucketDocument(stage.shop.id, name, undefined);
  }
  await buckets.setBucketAcl(stage.shop.id, 'private');
  await putObjects();
  const acl = { 'x-oss-object-acl': one.objectAcl ?? 'default' };
  const query = { acl: undefined };
  await stage.call({
    as: 'owner',
    method: 'PUT',
    bucket: 'shop',
    key: 'a.txt',
    query,
    headers: acl,
  });
  await buckets.setBucketAcl(stage.shop.id, one.acl ?? 'private');
  if (one.isBlocked) {
    await buckets.setBucketDocument(stage.shop.id, 'public-access-block', '{}');
  }
  await stage.attach(one.ram ?? []);
  await stage.setPolicy(one.bucket && documentOf(one.bucket));
}

async function ask(one: Case): Promise<Answer> {
  const [first] = one.asks;
  assert.ok(first);
  const session = one.session && documentOf(one.session);
  const request = requestOf(one, first);
  if (deletions.includes(request.method ?? 'GET')) isWhole = false;
  return await stage.call({ ...request, as: one.who, session });
}

describe('the decision table over HTTP', () => {
  for (const one of cases.filter(({ number }) => !roomOnly.includes(number))) {
    it(`case ${one.number}: ${one.who} ${one.asks.map(({ action }) => action).join(', ')}`, async () => {
      await arrange(one);
      const answer = await ask(one);
      if (isAllowed(one)) {
        assert.notEqual(answer.code, 'AccessDenied', answer.text);
        assert.ok(answer.status < 500, answer.text);
        return;
      }
      const ec = specialCodes[one.number] ?? codes[one.result];
      assert.deepEqual([answer.status, answer.code, answer.ec], [403, 'AccessDenied', ec]);
    });
  }

  it('case 71 deletes nothing', async () => {
    const one = cases.find(({ number }) => number === 71);
    assert.ok(one);
    await arrange(one);
    await ask(one);
    for (const key of ['x', 'private/y']) {
      const { status } = await stage.call({ as: 'owner', bucket: 'shop', key });
      assert.equal(status, 200);
    }
  });
});
