/** One stream for two readers: order, pace, and what each is told of the end. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { createHandOver } from '../../../src/mirroring/hand-over.ts';

const texts = ['a', 'b', 'c', 'd'];
async function* source(count = texts.length, problem?: Error) {
  for (const text of texts.slice(0, count)) yield Buffer.from(text);
  if (problem) throw problem;
}

/** Reads it all into `into`. */
async function read(stream: AsyncIterable<Uint8Array>, into: string[]): Promise<void> {
  for await (const chunk of stream) into.push(Buffer.from(chunk).toString());
}

test('both get all of it, and the last chunk waits until it is kept', async () => {
  const { kept, given } = createHandOver(source());
  const [first, second]: [string[], string[]] = [[], []];
  const stored = Promise.withResolvers<void>();
  const isKept = read(kept(), first).then(() => stored.promise);
  const reading = read(given(isKept), second);
  while (first.length < 4) await turn();
  for (let turns = 0; turns < 10; turns += 1) await turn();
  assert.deepEqual([first, second], [texts, ['a', 'b', 'c']]);
  stored.resolve();
  await reading;
  assert.deepEqual(second, texts);
});

test('who keeps is no more than a chunk ahead of a reader that does not read', async () => {
  const { kept, given, leave } = createHandOver(source());
  const first: string[] = [];
  const isKept = read(kept(), first);
  const reader = given(isKept)[Symbol.asyncIterator]();
  for (let turns = 0; turns < 10; turns += 1) await turn();
  assert.deepEqual(first, ['a']);
  // The second chunk is what tells that the first is not the last.
  assert.equal(Buffer.from((await reader.next()).value).toString(), 'a');
  for (let turns = 0; turns < 10; turns += 1) await turn();
  assert.deepEqual(first, ['a', 'b', 'c']);
  leave();
  await isKept;
  assert.deepEqual(first, texts);
});

test('a break is told before the last chunk, and nothing was read by anybody of an empty stream', async () => {
  for (const count of [0, 1, 3]) {
    const { kept, given } = createHandOver(source(count, new Error('broken')));
    const second: string[] = [];
    const isKept = read(kept(), []);
    await assert.rejects(read(given(isKept), second), /broken/);
    assert.deepEqual(second, texts.slice(0, Math.max(count - 1, 0)));
  }
  const { kept, given } = createHandOver(source(0));
  const nothing: string[] = [];
  await read(given(read(kept(), [])), nothing);
  assert.deepEqual(nothing, []);
});
