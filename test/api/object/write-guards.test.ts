/** What a bucket forbids its writers: retention, and rules on overwriting (oss-semantics.md 8). */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { formBody, formType, policyText, signFormV1 } from '../../support/forms.ts';
import { ask, within } from '../bucket/conversation.ts';
import { type Answer, openRawOss, type RawOss } from './raw-oss.ts';

const dayMs = 24 * 3_600_000;

let oss: RawOss;
before(async () => {
  oss = await openRawOss();
});
after(() => oss.close());

type Made = readonly [method: string, key: string, more?: Readonly<Record<string, string>>];

async function call(bucket: string, [method, key, more = {}]: Made): Promise<Answer> {
  const { body = 'new', query = '', ...headers } = more;
  return await oss.call({
    method,
    bucket,
    ...(key === '' ? {} : { key }),
    query: Object.fromEntries(new URLSearchParams(query)),
    headers,
    body: method === 'DELETE' ? '' : body,
  });
}

async function expect(bucket: string, made: Made, status: number, code = ''): Promise<Answer> {
  const answer = await call(bucket, made);
  assert.deepEqual([answer.status, answer.code], [status, code], `${made[0]} ${made[1]}`);
  return answer;
}

const copy = (bucket: string, key: string) => ({ 'x-oss-copy-source': `/${bucket}/${key}` });
const deletion = (...keys: string[]) => ({
  query: 'delete=',
  body: `<Delete>${keys.map((key) => `<Object><Key>${key}</Key></Object>`).join('')}</Delete>`,
});

/** Signed in the form itself. */
async function expectForm(bucket: string, key: string, code: string): Promise<void> {
  const policy = policyText(oss.world.clock.now() + 60_000, [['eq', '$key', key]]);
  const fields = [['key', key], ...signFormV1(oss.server, policy)] as const;
  const answer = await oss.call({
    method: 'POST',
    bucket,
    headers: { 'Content-Type': formType },
    body: formBody(fields, { content: 'new' }),
    as: 'anonymous',
  });
  assert.deepEqual([answer.status, answer.code], [409, code], answer.text);
}

async function protect(bucket: string, days: number): Promise<void> {
  const period = within('InitiateWormConfiguration')(within('RetentionPeriodInDays')(String(days)));
  const begun = await ask(oss, bucket, 'POST worm', period);
  assert.equal(begun.status, 200);
  const id = begun.headers['x-oss-worm-id'];
  assert.equal((await ask(oss, bucket, `POST wormId=${id}`, '')).status, 200);
}

test('a retention policy keeps what is younger than it says, also what was there before', async () => {
  const bucket = await oss.bucket();
  await oss.put(bucket, 'old');
  oss.world.advance(dayMs);
  await oss.put(bucket, 'young');
  await protect(bucket, 1);
  // To the millisecond a day after its last change.
  await expect(bucket, ['PUT', 'old'], 200);
  for (const key of ['young', 'old']) {
    await expect(bucket, ['PUT', key], 409, 'FileImmutable');
    await expect(bucket, ['PUT', key, copy(bucket, 'old')], 409, 'FileImmutable');
    await expect(bucket, ['PUT', key, copy(bucket, 'young')], 409, 'FileImmutable');
    await expect(bucket, ['DELETE', key], 409, 'FileImmutable');
    await expectForm(bucket, key, 'FileImmutable');
    await expect(bucket, ['POST', '', deletion(key)], 409, 'FileImmutable');
    await expect(bucket, ['PUT', key, { query: 'acl=', 'x-oss-object-acl': 'private' }], 200);
  }
  // What is new may come, in the middle of others too; and what is not there may go.
  await expect(bucket, ['PUT', 'fresh', copy(bucket, 'young')], 200);
  const some = await expect(bucket, ['POST', '', deletion('young', 'nothing')], 200);
  assert.doesNotMatch(some.text, /young/);
  assert.match(some.text, /<Key>nothing<\/Key>/);
  await expect(bucket, ['DELETE', 'nothing'], 204);
  oss.world.advance(dayMs);
  await expect(bucket, ['PUT', 'young', copy(bucket, 'young')], 200);
  await expect(bucket, ['DELETE', 'old'], 204);
});

test('with versions it keeps each version, and markers come and go', async () => {
  const bucket = await oss.bucket();
  const enabled = within('VersioningConfiguration')(within('Status')('Enabled'));
  assert.equal((await ask(oss, bucket, 'PUT versioning', enabled)).status, 200);
  const first = await oss.put(bucket, 'a');
  await protect(bucket, 1);
  await expect(bucket, ['PUT', 'a'], 200);
  const marked = await expect(bucket, ['DELETE', 'a'], 204);
  const version = (answer: Answer) => `versionId=${answer.headers['x-oss-version-id']}`;
  await expect(bucket, ['DELETE', 'a', { query: version(first) }], 409, 'FileImmutable');
  await expect(bucket, ['DELETE', 'a', { query: version(marked) }], 204);
  oss.world.advance(dayMs);
  await expect(bucket, ['DELETE', 'a', { query: version(first) }], 204);
});

test('rules against overwriting act like the header, on the keys and callers they name', async () => {
  const bucket = await oss.bucket();
  for (const key of ['log/a.txt', 'log/a.bin', 'own/a']) await oss.put(bucket, key);
  const rule = (id: string, prefix: string, suffix: string, principal = '') =>
    `<Rule><ID>${id}</ID><Action>forbid</Action><Prefix>${prefix}</Prefix>` +
    `<Suffix>${suffix}</Suffix>${principal && within('Principals')(within('Principal')(principal))}` +
    '</Rule>';
  const rules = within('OverwriteConfiguration')(
    rule('1', 'log/', '.txt') + rule('2', 'own/', '', '1234567890123456'),
  );
  assert.equal((await ask(oss, bucket, 'PUT overwriteConfig', rules)).status, 200);
  await expect(bucket, ['PUT', 'log/a.txt'], 409, 'FileAlreadyExists');
  await expect(bucket, ['PUT', 'log/a.txt', copy(bucket, 'own/a')], 409, 'FileAlreadyExists');
  await expect(bucket, ['PUT', 'log/a.txt', copy(bucket, 'log/a.txt')], 409, 'FileAlreadyExists');
  await expectForm(bucket, 'log/a.txt', 'FileAlreadyExists');
  for (const key of ['log/a.bin', 'own/a', 'log/b.txt']) await expect(bucket, ['PUT', key], 200);
  await expect(bucket, ['DELETE', 'log/a.txt'], 204);
  await expect(bucket, ['PUT', 'log/a.txt'], 200);
  const enabled = within('VersioningConfiguration')(within('Status')('Enabled'));
  assert.equal((await ask(oss, bucket, 'PUT versioning', enabled)).status, 200);
  await expect(bucket, ['PUT', 'log/a.txt'], 200);
});

test('uploads in parts, links and appends are writes like any other', async () => {
  const bucket = await oss.bucket();
  await oss.put(bucket, 'kept');
  await expect(bucket, ['POST', 'log', { query: 'append=&position=0', body: 'abc' }], 200);
  const begin = async () => {
    const begun = await expect(bucket, ['POST', 'kept', { query: 'uploads=' }], 200);
    return /<UploadId>(\w+)</.exec(begun.text)?.[1] ?? '';
  };
  const uploadId = await begin();
  await protect(bucket, 1);
  const link = { query: 'symlink=', 'x-oss-symlink-target': 'log' };
  const complete = { query: `uploadId=${uploadId}`, body: '<CompleteMultipartUpload/>' };
  const append = { query: 'append=&position=3', body: 'def' };
  await expect(bucket, ['POST', 'kept', complete], 409, 'FileImmutable');
  await expect(bucket, ['PUT', 'kept', link], 409, 'FileImmutable');
  await expect(bucket, ['POST', 'log', append], 409, 'FileImmutable');
  oss.world.advance(dayMs + 1);
  const rules = within('OverwriteConfiguration')(
    '<Rule><ID>1</ID><Action>forbid</Action><Prefix>kept</Prefix></Rule>',
  );
  assert.equal((await ask(oss, bucket, 'PUT overwriteConfig', rules)).status, 200);
  await expect(bucket, ['POST', 'kept', { query: 'uploads=' }], 409, 'FileAlreadyExists');
  await expect(bucket, ['POST', 'kept', complete], 409, 'FileAlreadyExists');
  await expect(bucket, ['PUT', 'kept', link], 409, 'FileAlreadyExists');
  await expect(bucket, ['DELETE', 'kept'], 204);
  await expect(bucket, ['POST', 'kept', complete], 200);
  await expect(bucket, ['POST', 'log', append], 200);
});
