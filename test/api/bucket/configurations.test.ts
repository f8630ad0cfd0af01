/**
 * The documents of a bucket on the wire, each as a conversation: what is asked, and the answer to
 * the letter (oss-bucket-api.md; oss-semantics.md 1.1, 2.1, 6, 8). Every conversation has a bucket
 * of its own, `$bucket` in its texts.
 */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { type Answer, openRawOss, type RawOss } from '../object/raw-oss.ts';

let oss: RawOss;
before(async () => {
  oss = await openRawOss();
});
after(() => oss.close());

/**
 * `METHOD query`, body, status, and the answer: a document, a code, or the empty text when there is
 * no body. `[a=b]` behind the query is a header.
 */
type Step = readonly [request: string, body: string, status: number, answer: string];

/** A document without its declaration and the white space between elements. */
function compact(xml: string): string {
  return xml
    .replace(/<\?xml[^>]*\?>\s*/, '')
    .replace(/>\s+</g, '><')
    .trim();
}

async function ask(bucket: string, request: string, body: string): Promise<Answer> {
  const [method = '', query = '', ...headers] = request.split(' ');
  const named = headers.map((text) => text.slice(1, -1).split('='));
  const parameters = query
    .split('&')
    .map((text) => text.split('='))
    .map(([name = '', value]) => [name, value === undefined ? undefined : value]);
  return await oss.call({
    method,
    bucket,
    query: Object.fromEntries(parameters),
    headers: Object.fromEntries(named),
    body: body.replaceAll('$bucket', bucket),
  });
}

async function converse(bucket: string, steps: readonly Step[]): Promise<void> {
  for (const [request, body, status, expected] of steps) {
    const answer = await ask(bucket, request, body);
    const said = `${request} ${body}: ${answer.text}`;
    assert.equal(answer.status, status, said);
    const wanted = expected.replaceAll('$bucket', bucket);
    const isDocument = wanted === '' || wanted.startsWith('<');
    assert.equal(isDocument ? compact(answer.text) : answer.code, wanted, said);
  }
}

const versioning = (inner: string) => `<VersioningConfiguration>${inner}</VersioningConfiguration>`;

const conversations: Readonly<Record<string, readonly Step[]>> = {
  versioning: [
    ['GET versioning', '', 200, versioning('')],
    ['PUT versioning', versioning('<Status>On</Status>'), 400, 'MalformedXML'],
    ['PUT versioning', versioning(''), 400, 'MalformedXML'],
    ['PUT versioning', '<Versioning><Status>Enabled</Status></Versioning>', 400, 'MalformedXML'],
    ['PUT versioning', '', 400, 'MalformedXML'],
    ['PUT versioning', versioning('<Status>Enabled</Status><New/>'), 200, ''],
    ['PUT versioning', versioning('<Status>Enabled</Status>'), 200, ''],
    ['GET versioning', '', 200, versioning('<Status>Enabled</Status>')],
    ['PUT versioning', versioning('<Status>Suspended</Status>'), 200, ''],
    ['GET versioning', '', 200, versioning('<Status>Suspended</Status>')],
  ],
};

for (const [name, steps] of Object.entries(conversations)) {
  test(name, async () => {
    await converse(await oss.bucket(), steps);
  });
}
