/** Keys on the wire: every legal character survives, nothing is resolved, nothing crashes. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import fc from 'fast-check';
import { realDisk } from '../../../src/world/index.ts';
import { ask } from '../../support/raw-client.ts';
import { startTestServer } from '../../support/server.ts';
import { requestBytes, signHeaderV4 } from '../../support/sign.ts';
import { createTestWorld } from '../../support/world.ts';
import { openRawOss, type RawOss, textsOf } from './raw-oss.ts';

let oss: RawOss;
let bucket: string;
before(async () => {
  oss = await openRawOss({ ENDPOINT: 'oss.example.net,localhost' });
  bucket = await oss.bucket('public-read-write');
});
after(() => oss.close());

const keys = [
  '../../../../etc/passwd',
  'a/../b',
  'a/./b',
  'a//b',
  'a/',
  'a',
  '.',
  '..',
  ';,/?:@&=+$#',
  ' ',
  '+',
  '%',
  '%2F',
  '%00',
  '\u0000',
  '\u0001\u001f\u007f\u0085',
  '\u4e2d\u6587/\u{1f600}',
  'e\u0301',
  '\u00e9',
  '\ufeff',
  '__proto__',
  '?acl',
  '<Key>&amp;"\'',
  'x'.repeat(1023),
];

/**
 * Every byte escaped, in lower-case digits, slashes too: as odd as it gets and still the same key.
 */
function percentEncoded(key: string): string {
  return Buffer.from(key).reduce(
    (path, byte) => `${path}%${byte.toString(16).padStart(2, '0')}`,
    '',
  );
}

test('every key holds its own content, in path and virtual-host style', async () => {
  for (const key of keys) await oss.put(bucket, key, `content of ${key}`);
  for (const key of keys) {
    const byPath = await oss.call({ bucket, key });
    assert.equal(byPath.text, `content of ${key}`);
    const host = `${bucket}.oss.example.net`;
    const path = `/${percentEncoded(key)}`;
    const byHost = await oss.call({ bucket, key, path, host, as: 'anonymous' });
    assert.equal(byHost.text, `content of ${key}`, path);
  }
  const { text } = await oss.call({
    bucket,
    query: { 'encoding-type': 'url', 'max-keys': '1000' },
  });
  assert.deepEqual(textsOf(text, 'Key').map(decodeURIComponent).sort(), [...keys].sort());
});

test('keys that cannot be are refused, whatever is done with them', async () => {
  const table: [string, string][] = [
    [`/${bucket}/%5Ca`, 'InvalidObjectName'],
    [`/${bucket}//a`, 'InvalidObjectName'],
    [`/${bucket}/%2Fa`, 'InvalidObjectName'],
    [`/${bucket}/${'x'.repeat(1024)}`, 'InvalidObjectName'],
    [`/${bucket}/%D6%D0`, 'InvalidArgument'],
    [`/${bucket}/%ED%A0%80`, 'InvalidArgument'],
    [`/${bucket}/%C0%AF`, 'InvalidArgument'],
  ];
  for (const [path, code] of table) {
    const answer = await oss.call({ method: 'PUT', path, as: 'anonymous', body: 'x' });
    assert.deepEqual([answer.status, answer.code], [400, code], path.slice(0, 60));
  }
});

test('no path crashes the server: a refusal or a content, never a 500', async () => {
  const character = fc.oneof(
    fc.constantFrom('/', '..', '.', '%', '%2F', '%00', '%ff', '?', '&', '=', 'acl', '+', '\\', '~'),
    fc.integer({ min: 0, max: 255 }).map((byte) => `%${byte.toString(16).padStart(2, '0')}`),
    fc.stringMatching(/^[!-~]{1,4}$/).map((text) => text.replace('#', '')),
  );
  const path = fc
    .array(character, { maxLength: 12 })
    .map((parts) => `/${bucket}/${parts.join('')}`);
  const method = fc.constantFrom('GET', 'HEAD', 'PUT', 'DELETE', 'POST');
  const property = fc.asyncProperty(path, method, async (target, verb) => {
    const head = `${verb} ${target} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n`;
    const { status } = await ask({ port: oss.server.httpPort }, head, verb);
    assert.ok(status < 500, `${verb} ${target}: ${status}`);
  });
  await fc.assert(property, { numRuns: 250 });
});

test('a full disk answers 507 with a request id; reads and deletes go on', async (t) => {
  let isFull = false;
  const full = async (): Promise<void> => {
    if (isFull) throw Object.assign(new Error('no space left'), { code: 'ENOSPC' });
  };
  const disk: typeof realDisk = {
    ...realDisk,
    async create(path) {
      await full();
      return await realDisk.create(path);
    },
  };
  // The disk that runs full is that of the files of objects.
  const about = { objects: 'files' } as const;
  const server = await startTestServer({ world: createTestWorld({ disk }), about });
  t.after(() => server.close());
  const call = (method: string, key: string, body = '') => {
    const request = { method, host: 'localhost', bucket: 'on-disk', key, credentials: server };
    return ask({ port: server.httpPort }, requestBytes(signHeaderV4(request), body), method);
  };
  assert.equal((await call('PUT', '')).status, 200);
  assert.equal((await call('PUT', 'k', 'before')).status, 200);
  isFull = true;
  const refused = await call('PUT', 'k', 'after');
  assert.equal(refused.status, 507);
  assert.match(refused.body.toString(), /<Code>InsufficientStorage<\/Code>/);
  assert.match(refused.headers['x-oss-request-id'] ?? '', /^[0-9A-F]{24}$/);
  assert.equal((await call('GET', 'k')).body.toString(), 'before');
  assert.equal((await call('DELETE', 'k')).status, 204);
  isFull = false;
  assert.equal((await call('PUT', 'k', 'again')).status, 200);
});
