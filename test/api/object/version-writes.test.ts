/**
 * How versions and markers come and go on the wire, row by row, and what a bucket counts of them
 * (oss-semantics.md 1.1, 1.2, 1.5).
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Answer, textOf, textsOf } from './raw-oss.ts';
import { expect, idOf, unknown, versionedBucket } from './versioned-bucket.ts';

const suite = versionedBucket();
const { call, putVersioning, setVersioning, put, mark, remove, stack } = suite;

test('1.1: from never to enabled and suspended and back, never to never', async () => {
  const query = { versioning: undefined };
  const state = async () => {
    const info = await suite.oss.call({ bucket: suite.bucket, query: { bucketInfo: undefined } });
    const { text } = await suite.oss.call({ bucket: suite.bucket, query });
    return [textOf(text, 'Status'), textOf(info.text, 'Versioning')];
  };
  assert.deepEqual(await state(), [undefined, undefined]);
  for (const wrong of ['', '<Status/>', '<Status>Disabled</Status>', '<Status>enabled</Status>']) {
    expect(await putVersioning(wrong), 400, 'MalformedXML', wrong);
  }
  assert.deepEqual(await state(), [undefined, undefined]);
  for (const status of ['Enabled', 'Enabled', 'Suspended', 'Suspended', 'Enabled'] as const) {
    await setVersioning(status);
    assert.deepEqual(await state(), [status, status]);
  }
});

test('1.1: a write replaces, is a new version, or replaces null', async () => {
  const plain = await suite.oss.put(suite.bucket, 'k', 'old');
  assert.equal(idOf(plain), undefined);
  await setVersioning('Enabled');
  const first = await put('k', 'first');
  const second = await put('k', 'second');
  for (const id of [first, second]) assert.match(id, /^CAEQ[A-Za-z0-9._]{60}$/);
  assert.notEqual(first, second);
  assert.deepEqual(await stack(), [`k@${second}*`, `k@${first}`, 'k@null']);
  await setVersioning('Suspended');
  assert.equal(await put('k', 'third'), 'null');
  assert.deepEqual(await stack(), ['k@null*', `k@${second}`, `k@${first}`]);
  assert.equal(await put('k', 'fourth'), 'null');
  assert.deepEqual(await stack(), ['k@null*', `k@${second}`, `k@${first}`]);
  const read = async (versionId?: string) =>
    (await call('GET', 'k', versionId === undefined ? {} : { query: { versionId } })).text;
  const all = [await read(), await read('null'), await read(second), await read(first)];
  assert.deepEqual(all, ['fourth', 'fourth', 'second', 'first']);
  await setVersioning('Enabled');
  const last = await put('k', 'last');
  assert.deepEqual(await stack(), [`k@${last}*`, 'k@null', `k@${second}`, `k@${first}`]);
});

test('1.1: x-oss-forbid-overwrite counts only where there never were versions', async () => {
  const forbidden = { 'x-oss-forbid-overwrite': 'true' };
  const write = () => call('PUT', 'k', { headers: forbidden, body: 'x' });
  const copy = (to = 'k') => {
    const headers = { ...forbidden, 'x-oss-copy-source': `/${suite.bucket}/source` };
    return call('PUT', to, { headers });
  };
  await suite.oss.put(suite.bucket, 'source', 'x');
  expect(await write(), 200);
  expect(await write(), 409, 'FileAlreadyExists');
  expect(await copy(), 409, 'FileAlreadyExists');
  expect(await copy('source'), 409, 'FileAlreadyExists');
  for (const state of ['Enabled', 'Suspended'] as const) {
    await setVersioning(state);
    expect(await write(), 200, '', state);
    expect(await copy(), 200, '', state);
    expect(await copy('source'), 200, '', state);
  }
});

test('1.2: without versions a delete has no headers of versions', async () => {
  await suite.oss.put(suite.bucket, 'k', 'x');
  for (const key of ['k', 'k', 'never']) {
    const answer = await call('DELETE', key);
    assert.equal(answer.status, 204);
    assert.deepEqual([idOf(answer), answer.headers['x-oss-delete-marker']], [undefined, undefined]);
  }
  assert.deepEqual(await stack(), []);
});

test('1.2: enabled, every delete is a marker of its own; by id it is for good', async () => {
  await setVersioning('Enabled');
  const id = await put('k', 'x');
  const markers = [await mark('k'), await mark('k')];
  const [first = '', second = ''] = markers;
  assert.notEqual(first, second);
  const never = await mark('never');
  assert.deepEqual(await stack(), [`k!${second}*`, `k!${first}`, `k@${id}`, `never!${never}*`]);
  const isMarker = (answer: Answer) => answer.headers['x-oss-delete-marker'];
  const gone = await remove('k', second);
  assert.deepEqual([gone.status, idOf(gone), isMarker(gone)], [204, second, 'true']);
  assert.deepEqual(await stack('k'), [`k!${first}*`, `k@${id}`]);
  assert.equal((await remove('k', first)).status, 204);
  assert.equal((await call('GET', 'k')).text, 'x', 'the newest that is left is current');
  for (let time = 0; time < 2; time++) {
    const answer = await remove('k', id);
    assert.deepEqual([answer.status, idOf(answer), isMarker(answer)], [204, id, undefined]);
  }
  expect(await remove('k', unknown), 204);
  expect(await remove('k', '234'), 400, 'InvalidArgument');
  expect(await remove('k', ''), 400, 'InvalidArgument');
  assert.deepEqual(await stack(), [`never!${never}*`]);
});

test('1.2: suspended, the marker is null and takes the place of what was', async () => {
  await suite.oss.put(suite.bucket, 'k', 'old');
  await setVersioning('Enabled');
  const id = await put('k', 'kept');
  await setVersioning('Suspended');
  for (let time = 0; time < 2; time++) {
    assert.equal(await mark('k'), 'null');
    assert.deepEqual(await stack(), ['k!null*', `k@${id}`]);
  }
  assert.equal(await put('k', 'new'), 'null');
  assert.deepEqual(await stack(), ['k@null*', `k@${id}`]);
  assert.equal(await mark('k'), 'null');
  const answer = await remove('k', 'null');
  const { headers } = answer;
  assert.deepEqual([idOf(answer), headers['x-oss-delete-marker']], ['null', 'true']);
  assert.equal((await call('GET', 'k')).text, 'kept');
});

test('the newest is the last one made, whatever the ids, within one millisecond', async () => {
  await setVersioning('Enabled');
  const made: string[] = [];
  for (let time = 0; time < 12; time++) made.unshift(await put('k', String(time)));
  assert.deepEqual(
    await stack(),
    made.map((id, index) => `k@${id}${index === 0 ? '*' : ''}`),
  );
  for (const [index, id] of made.entries()) {
    assert.equal((await call('GET', 'k')).text, String(11 - index));
    await remove('k', id);
  }
  expect(await call('GET', 'k'), 404, 'NoSuchKey');
});

test('a bucket of markers or older versions alone is not empty', async () => {
  await setVersioning('Enabled');
  const id = await put('k', 'x');
  const marker = await mark('k');
  const removeBucket = () => suite.oss.call({ method: 'DELETE', bucket: suite.bucket });
  const refused = await removeBucket();
  expect(refused, 409, 'BucketNotEmpty');
  const message = 'The bucket has objects. Please delete them first.';
  assert.equal(textOf(refused.text, 'Message'), message);
  await remove('k', id);
  expect(await removeBucket(), 409, 'BucketNotEmpty', 'a marker');
  await remove('k', marker);
  expect(await removeBucket(), 204);
});

test('counters: versions count with their bytes, markers apart', async () => {
  await suite.oss.put(suite.bucket, 'k', 'four');
  await setVersioning('Enabled');
  await put('k', 'sevenxx', { 'x-oss-storage-class': 'IA' });
  await mark('k');
  const { text } = await suite.oss.call({ bucket: suite.bucket, query: { stat: undefined } });
  const told = ['Storage', 'ObjectCount', 'DeleteMarkerCount', 'InfrequentAccessObjectCount'];
  assert.deepEqual(
    told.map((name) => textOf(text, name)),
    ['11', '2', '1', '1'],
  );
});

/** DeleteMultipleObjects; each entry a key, or a key and a version. */
const removeAll = (
  entries: readonly (readonly [key: string, id?: string | undefined])[],
  more = '',
) => {
  const objects = entries.map(([key, id]) => {
    const version = id === undefined ? '' : `<VersionId>${id}</VersionId>`;
    return `<Object><Key>${key}</Key>${version}</Object>`;
  });
  const body = `<Delete>${more}${objects.join('')}</Delete>`;
  return suite.oss.call({
    method: 'POST',
    bucket: suite.bucket,
    query: { delete: undefined },
    body,
  });
};

test('1.5: many at once, each with what became of it', async () => {
  await setVersioning('Enabled');
  const ids = [await put('k', '1'), await put('k', '2')];
  const marker = await mark('k');
  const answer = await removeAll([
    ['k', marker],
    ['k', ids[0]],
    ['other'],
    ['k', unknown],
    ['k'],
    ['k', ids[0]],
  ]);
  expect(answer, 200);
  const deleted = [...answer.text.matchAll(/<Deleted>(.*?)<\/Deleted>/gs)].map(([, inner = '']) =>
    ['Key', 'VersionId', 'DeleteMarker', 'DeleteMarkerVersionId'].map((name) =>
      textOf(inner, name),
    ),
  );
  const [, , other, , again] = deleted;
  assert.deepEqual(deleted, [
    ['k', marker, 'true', marker],
    ['k', ids[0], undefined, undefined],
    ['other', undefined, 'true', other?.[3]],
    ['k', unknown, undefined, undefined],
    ['k', undefined, 'true', again?.[3]],
    ['k', ids[0], undefined, undefined],
  ]);
  for (const id of [other?.[3], again?.[3]]) assert.match(id ?? '', /^CAEQ.{60}$/);
  assert.deepEqual(await stack(), [`k!${again?.[3]}*`, `k@${ids[1]}`, `other!${other?.[3]}*`]);
});

test('1.5: suspended, null; malformed ids refuse all; quiet says nothing; keys are encoded', async () => {
  await setVersioning('Enabled');
  const id = await put('k', '1');
  const refused = await removeAll([
    ['k', id],
    ['k', '234'],
  ]);
  expect(refused, 400, 'InvalidArgument');
  assert.deepEqual(await stack(), [`k@${id}*`]);
  await setVersioning('Suspended');
  const suspended = await removeAll([['k'], ['k']]);
  assert.deepEqual(textsOf(suspended.text, 'DeleteMarkerVersionId'), ['null', 'null']);
  assert.deepEqual(await stack(), ['k!null*', `k@${id}`]);
  const gone = await removeAll([['k', 'null']]);
  const told = ['Key', 'VersionId', 'DeleteMarker', 'DeleteMarkerVersionId'];
  assert.deepEqual(
    told.map((name) => textOf(gone.text, name)),
    ['k', 'null', 'true', 'null'],
  );
  const quiet = await removeAll([['k', id]], '<Quiet>True</Quiet>');
  assert.deepEqual([quiet.status, quiet.text], [200, '']);
  assert.deepEqual(await stack(), []);
  const body = '<Delete><Object><Key>a b</Key></Object></Delete>';
  const query = { delete: undefined, 'encoding-type': 'url' };
  const encoded = await suite.oss.call({ method: 'POST', bucket: suite.bucket, query, body });
  assert.deepEqual(textOf(encoded.text, 'Key'), 'a%20b');
});

test('1.5: where there never were versions, null is the object and no other is', async () => {
  await suite.oss.put(suite.bucket, 'k', 'x');
  const answer = await removeAll([['k', unknown]]);
  assert.deepEqual([answer.status, textOf(answer.text, 'VersionId')], [200, unknown]);
  assert.deepEqual(await stack(), ['k@null*']);
  const gone = await removeAll([['k', 'null'], ['other']]);
  assert.deepEqual(textsOf(gone.text, 'VersionId'), ['null']);
  assert.equal(textOf(gone.text, 'DeleteMarker'), undefined);
  assert.deepEqual(await stack(), []);
});
