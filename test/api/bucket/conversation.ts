/**
 * Conversations with a bucket about its documents, written as tables: what is asked, and the answer
 * to the letter.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Answer, type RawOss, textOf } from '../object/raw-oss.ts';

/**
 * `METHOD query`, body, status, and the answer: a document, a code (with its EC, or without), or
 * the empty text when there is no body. `[a=b]` behind the query is a header.
 */
export type Step = readonly [request: string, body: string, status: number, answer: string];

export type Conversations = Readonly<Record<string, readonly Step[]>>;

/** A document without its declaration and the white space between elements. */
export function compact(xml: string): string {
  return xml
    .replace(/<\?xml[^>]*\?>\s*/, '')
    .replace(/>\s+</g, '><')
    .trim();
}

export async function ask(
  oss: RawOss,
  bucket: string,
  request: string,
  body: string,
): Promise<Answer> {
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

export async function converse(oss: RawOss, bucket: string, steps: readonly Step[]): Promise<void> {
  for (const [request, body, status, expected] of steps) {
    const answer = await ask(oss, bucket, request, body);
    const said = `${request} ${body}: ${answer.text}`;
    assert.equal(answer.status, status, said);
    const wanted = expected.replaceAll('$bucket', bucket);
    const isDocument = wanted === '' || wanted.startsWith('<');
    const [code, ec] = wanted.split(' ');
    assert.equal(isDocument ? compact(answer.text) : answer.code, isDocument ? wanted : code, said);
    if (!isDocument && ec !== undefined) assert.equal(textOf(answer.text, 'EC'), ec, said);
  }
}

/** A test for each, by its name, with a bucket of its own: `$bucket` in its texts. */
export function testAll(oss: () => RawOss, conversations: Conversations): void {
  for (const [name, steps] of Object.entries(conversations)) {
    test(name, async () => {
      await converse(oss(), await oss().bucket(), steps);
    });
  }
}

/** A document of one element in another. */
export const within = (root: string) => (inner: string) => `<${root}>${inner}</${root}>`;
