/** Hot-link protection on the wire: the document, and who is asked (oss-semantics.md 5). */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { ask } from '../../support/raw-client.ts';
import { requestBytes, signUrlV4 } from '../../support/sign.ts';
import { type Call, openRawOss, type RawOss, textOf, textsOf } from '../object/raw-oss.ts';

let oss: RawOss;
let bucket: string;
before(async () => {
  oss = await openRawOss();
  bucket = await oss.bucket('public-read-write');
  await oss.put(bucket, 'k', 'content');
  await oss.put(bucket, 'index.html', 'root');
  const website = '<IndexDocument><Suffix>index.html</Suffix></IndexDocument>';
  await oss.call({
    method: 'PUT',
    bucket,
    query: { website: undefined },
    body: `<WebsiteConfiguration>${website}</WebsiteConfiguration>`,
  });
});
after(() => oss.close());

const referer = { referer: undefined };
const put = (inside: string, more: Call = {}) =>
  oss.call({
    method: 'PUT',
    bucket,
    query: referer,
    body: `<RefererConfiguration>${inside}</RefererConfiguration>`,
    ...more,
  });
const get = () => oss.call({ bucket, query: referer });
const list = (...patterns: string[]) =>
  `<RefererList>${patterns.map((each) => `<Referer>${each}</Referer>`).join('')}</RefererList>`;
const closed = '<AllowEmptyReferer>false</AllowEmptyReferer>';
const opened = '<AllowEmptyReferer>True</AllowEmptyReferer>';

test('a document is shown as it was put; without one the default is', async () => {
  const none = await get();
  assert.equal(none.status, 200);
  const shown = (text: string) =>
    ['AllowEmptyReferer', 'AllowTruncateQueryString', 'TruncatePath'].map((name) =>
      textOf(text, name),
    );
  assert.deepEqual(shown(none.text), ['true', 'true', 'false']);
  assert.match(none.text, /<RefererList><\/RefererList>/);
  const patterns = ['http://www.example.com', 'https://www.?.example.com', 'odd * "x"'];
  const black = '<RefererBlacklist><Referer>http://bad.example</Referer></RefererBlacklist>';
  const more = '<TruncatePath>TRUE</TruncatePath><Unknown/>';
  assert.equal((await put(`${closed}${list(...patterns)}${black}${more}`)).status, 200);
  const answer = await get();
  assert.deepEqual(shown(answer.text), ['false', 'true', 'true']);
  const unescaped = textsOf(answer.text, 'Referer').map((text) => text.replaceAll('&quot;', '"'));
  assert.deepEqual(unescaped, [...patterns, 'http://bad.example']);
  assert.equal((await put(closed)).status, 200);
  assert.deepEqual(textsOf((await get()).text, 'Referer'), []);
  assert.equal((await put(`${closed}<RefererList/><RefererBlacklist/>`)).status, 200);
});

test('documents that are refused', async () => {
  const table: [string, string][] = [
    ['', 'MalformedXML'],
    [list('http://a.example'), 'MalformedXML'],
    ['<AllowEmptyReferer>yes</AllowEmptyReferer>', 'MalformedXML'],
    [`${opened}${list('a')}${list('b')}`, 'MalformedXML'],
    [
      `${opened}<AllowTruncateQueryString>false</AllowTruncateQueryString>` +
        '<TruncatePath>true</TruncatePath>',
      'InvalidArgument',
    ],
    [`${opened}${list('a'.repeat(20 * 1024 + 1))}`, 'InlineDataTooLarge'],
  ];
  for (const [inside, code] of table) {
    const answer = await put(inside);
    assert.deepEqual([answer.status, answer.code], [400, code], inside.slice(0, 100));
  }
  const many = Array.from({ length: 20 * 1024 }, () => 'a');
  assert.equal((await put(`${opened}${list(...many)}`)).status, 200);
});

test('asked are anonymous and URL-signed requests for objects, before the lookup', async () => {
  await put(`${closed}${list('https://good.example')}`);
  const bad = { referer: 'https://bad.example/page' };
  const good = { referer: 'https://good.example/page' };
  const as = 'anonymous';
  const denied: Call[] = [
    { bucket, key: 'k', as, headers: bad },
    { bucket, key: 'k', as },
    { bucket, key: 'missing', as, headers: bad },
    { bucket, key: 'k', as, headers: bad, method: 'HEAD' },
    { bucket, key: 'k', as, headers: bad, method: 'PUT', body: 'changed' },
    { bucket, as, headers: bad },
    { bucket, as, headers: bad, method: 'HEAD' },
  ];
  for (const call of denied) {
    const answer = await oss.call(call);
    assert.deepEqual([answer.status, answer.code], [403, 'AccessDenied']);
    assert.equal(answer.headers['x-oss-ec'], '0003-00000501');
    if (call.method === 'HEAD') continue;
    assert.equal(textOf(answer.text, 'Message'), 'You are denied by bucket referer policy.');
    assert.equal(textOf(answer.text, 'BucketName'), bucket);
  }
  const allowed: [Call, number][] = [
    [{ bucket, key: 'k', as, headers: good }, 200],
    [{ bucket, key: 'missing', as, headers: good }, 404],
    [{ bucket, as, headers: good }, 200],
    [{ bucket, key: 'k', headers: bad }, 200],
    [{ bucket, headers: bad }, 200],
    [{ bucket, query: referer, headers: bad }, 200],
  ];
  for (const [call, status] of allowed) {
    assert.equal((await oss.call(call)).status, status, JSON.stringify(call));
  }
  const preflight = await oss.call({ method: 'OPTIONS', bucket, key: 'k', as, headers: bad });
  assert.equal(preflight.code, 'BadRequest');
});

test('so is a request that is signed in its URL', async () => {
  await put(`${opened}<RefererBlacklist><Referer>https://bad.example</Referer></RefererBlacklist>`);
  const signed = async (referers: Record<string, string>) => {
    const request = signUrlV4({
      method: 'GET',
      host: 'localhost',
      bucket,
      key: 'k',
      credentials: oss.server,
      at: oss.world.clock.now(),
    });
    const headers = { ...request.headers, ...referers };
    const bytes = requestBytes({ ...request, headers });
    return (await ask({ port: oss.server.httpPort }, bytes, 'GET')).status;
  };
  assert.equal(await signed({ referer: 'https://bad.example' }), 403);
  assert.equal(await signed({ referer: 'https://good.example' }), 200);
  assert.equal(await signed({}), 200);
});
