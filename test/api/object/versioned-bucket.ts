/** A bucket for the suites of versions, a fresh one for each test, and what they do to it. */
import assert from 'node:assert/strict';
import { after, before, beforeEach } from 'node:test';
import { type Answer, type Call, openRawOss, type RawOss, textOf } from './raw-oss.ts';

/** Of the service's form, and never of a version. */
export const unknown = `CAEQ${'x'.repeat(60)}`;

export const idOf = (answer: Answer): string | undefined => answer.headers['x-oss-version-id'];

/** `a@id*`: a version of `a`, the latest; `a!id`: a delete marker; `p/`: a common prefix. */
export function shown({ text }: Answer): string[] {
  const entries = text.matchAll(/<(Version|DeleteMarker|CommonPrefixes)>(.*?)<\/\1>/gs);
  return [...entries].map(([, kind, inner = '']) => {
    if (kind === 'CommonPrefixes') return textOf(inner, 'Prefix') ?? '';
    const latest = textOf(inner, 'IsLatest') === 'true' ? '*' : '';
    const sign = kind === 'Version' ? '@' : '!';
    return `${textOf(inner, 'Key')}${sign}${textOf(inner, 'VersionId')}${latest}`;
  });
}

export const expect = (answer: Answer, status: number, code = '', what = '') =>
  assert.deepEqual([answer.status, answer.code], [status, code], `${what} ${answer.text}`);

/** A server for the suite that calls this, and the names its tests go by. */
export function versionedBucket() {
  const suite = { oss: undefined as unknown as RawOss, bucket: '' };

  before(async () => {
    suite.oss = await openRawOss({ OWNERSHIP: 'off', ENDPOINT: 'oss.example.net,localhost' });
  });
  after(() => suite.oss.close());
  beforeEach(async () => {
    suite.bucket = await suite.oss.bucket('public-read');
  });

  const call = (method: string, key: string, more: Call = {}) =>
    suite.oss.call({ method, bucket: suite.bucket, key, ...more });

  const putVersioning = (inner: string) =>
    suite.oss.call({
      method: 'PUT',
      bucket: suite.bucket,
      query: { versioning: undefined },
      body: `<VersioningConfiguration>${inner}</VersioningConfiguration>`,
    });

  const setVersioning = async (status: 'Enabled' | 'Suspended'): Promise<void> => {
    assert.equal((await putVersioning(`<Status>${status}</Status>`)).status, 200);
  };

  /** Stores it and returns the id of the version. */
  const put = async (key: string, body = '', headers: Record<string, string> = {}) => {
    const id = idOf(await suite.oss.put(suite.bucket, key, body, headers));
    return id ?? assert.fail('no version id');
  };

  /** Deletes the current one and returns the id of the marker. */
  const mark = async (key: string): Promise<string> => {
    const answer = await call('DELETE', key);
    assert.deepEqual([answer.status, answer.headers['x-oss-delete-marker']], [204, 'true']);
    return idOf(answer) ?? assert.fail('no marker id');
  };

  const remove = (key: string, versionId: string) => call('DELETE', key, { query: { versionId } });

  const listed = (query: Call['query'] = {}) =>
    suite.oss.call({ bucket: suite.bucket, query: { versions: undefined, ...query } });

  const stack = async (prefix = '') => shown(await listed({ prefix }));

  return Object.assign(suite, {
    ...{ call, putVersioning, setVersioning, put, mark, remove, listed, stack },
  });
}
