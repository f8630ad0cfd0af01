/** What a website document makes of a key, over a set of objects (oss-semantics.md 4.2). */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  type RoutingCondition,
  type RoutingRedirect,
  resolveWebsite,
  type StoredObject,
  type WebsiteDocument,
} from '../../../src/buckets/index.ts';

function objectNamed(key: string): StoredObject {
  return {
    blobId: key,
    size: key.length,
    etag: 'E',
    contentMd5: undefined,
    crc64: '0',
    type: 'Normal',
    acl: 'default',
    storageClass: 'Standard',
    modifiedAt: 0,
    headers: {},
    metadata: {},
    content: 'blob',
    versionId: 'null',
    extras: {},
  };
}

/** The answer in a few words: what is served, where to, or what is missing. */
async function ask(document: WebsiteDocument, keys: readonly string[], key: string) {
  const find = async (wanted: string): Promise<StoredObject | undefined> =>
    keys.includes(wanted) ? objectNamed(wanted) : undefined;
  const answer = await resolveWebsite(document, { key, headers: {} }, await find(key), find);
  if (answer.kind === 'object') return `serve ${answer.found.key}`;
  if (answer.kind === 'redirect') return `redirect ${answer.key}`;
  if (answer.kind === 'mirror') return `mirror ${answer.key} from ${answer.originKey}`;
  if (answer.kind === 'external') return `to ${answer.redirect.hostName} ${answer.key}`;
  const { errorDocument } = answer;
  if (errorDocument === undefined) return `missing ${answer.key}`;
  return `error ${errorDocument.status} ${errorDocument.key}`;
}

const index = { suffix: 'index.html' };
const plain: WebsiteDocument = { index };
const folders: WebsiteDocument = { index: { ...index, supportSubDir: true } };
const type = (number: 0 | 1 | 2): WebsiteDocument => ({
  index: { ...index, supportSubDir: true, type: number },
  error: { key: 'error.html' },
});
const typeWithoutFolders: WebsiteDocument = { index: { ...index, type: 2 } };
const error200: WebsiteDocument = { index, error: { key: 'error.html', httpStatus: 200 } };
const errorOnly: WebsiteDocument = { error: { key: 'error.html' } };

/** Rules that all go elsewhere, to the host and under the conditions given. */
const ruled = (...rules: [string, Partial<RoutingCondition>, Partial<RoutingRedirect>?][]) => ({
  ...type(0),
  rules: rules.map(([hostName, condition, redirect], index) => ({
    number: 10 - index,
    condition: { headers: [], ...condition },
    redirect: { type: 'External', hostName, others: [], ...redirect } as const,
    others: [],
  })),
});
const internal = (replaceKeyWith: string) => ({ type: 'Internal', replaceKeyWith }) as const;
const early = ruled(['late.example', { status: 404 }], ['early.example', { keyPrefix: 'f' }]);
const lowest = ruled(['second.example', {}], ['first.example', {}]);
const late = ruled(['late.example', { status: 404 }]);

const site = ['index.html', 'abc/index.html', 'error.html', 'file', 'marker/'];

const table: [string, WebsiteDocument, readonly string[], string, string][] = [
  ['the root', plain, site, '', 'serve index.html'],
  ['the root without its index', plain, [], '', 'missing index.html'],
  [
    'the root without its index, error document',
    error200,
    ['error.html'],
    '',
    'error 200 error.html',
  ],
  ['an object that is there', folders, site, 'file', 'serve file'],
  ['a folder marker that is there', folders, site, 'marker/', 'serve marker/'],
  ['a folder without SupportSubDir', plain, site, 'abc/', 'serve index.html'],
  ['any folder without SupportSubDir', plain, site, 'no/such/', 'serve index.html'],
  ['a folder with SupportSubDir', folders, site, 'abc/', 'serve abc/index.html'],
  ['a folder without an index', folders, site, 'no/such/', 'missing no/such/'],
  ['a folder without an index, error document', type(0), site, 'no/', 'error 404 error.html'],
  ['a folder, no index document configured', errorOnly, site, 'abc/', 'error 404 error.html'],
  ['type by default redirects', folders, site, 'abc', 'redirect abc/'],
  ['type 0 redirects', type(0), site, 'abc', 'redirect abc/'],
  ['type 0, no index below', type(0), site, 'nothing', 'error 404 error.html'],
  ['type 1 is missing', type(1), site, 'abc', 'error 404 error.html'],
  ['type 2 serves', type(2), site, 'abc', 'serve abc/index.html'],
  ['type 2, no index below', type(2), site, 'nothing', 'error 404 error.html'],
  [
    'a type without SupportSubDir counts for nothing',
    typeWithoutFolders,
    site,
    'abc',
    'missing abc',
  ],
  ['a missing key', plain, site, 'nothing', 'missing nothing'],
  ['a missing key, error document with 200', error200, site, 'nothing', 'error 200 error.html'],
  ['the error document is missing itself', error200, ['index.html'], 'nothing', 'missing nothing'],
  ['the error document asked for by name', error200, site, 'error.html', 'serve error.html'],
  ['a rule without a status comes before the lookup', early, site, 'file', 'to early.example file'],
  ['a rule with one after it', early, site, 'nothing', 'to late.example nothing'],
  ['a rule with one lets be what is there', late, site, 'index.html', 'serve index.html'],
  ['a rule comes before the type', late, site, 'abc', 'to late.example abc'],
  ['a rule counts for folders', late, site, 'no/such/', 'to late.example no/such/'],
  ['a rule counts for the root', late, [], '', 'to late.example '],
  ['the index of the root comes before a rule', late, site, '', 'serve index.html'],
  ['the lowest number counts', lowest, site, 'file', 'to first.example file'],
  ['an internal rule', ruled(['', {}, internal('file')]), site, 'x', 'serve file'],
  [
    'a rule that leads nowhere ends the search',
    ruled(['', { status: 404 }, internal('no')], ['x', { status: 404 }, internal('no/${key}')]),
    site,
    'gone',
    'error 404 error.html',
  ],
  [
    'rules that mirror are passed over',
    ruled(['late.example', {}], ['', {}, { type: 'Mirror' }]),
    site,
    'gone',
    'to late.example gone',
  ],
];

for (const [name, document, keys, key, expected] of table) {
  test(`${name}: ${expected}`, async () => {
    assert.equal(await ask(document, keys, key), expected);
  });
}
