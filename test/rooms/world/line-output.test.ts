import assert from 'node:assert/strict';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { openLineOutput, type WriteSome } from '../../../src/world/line-output.ts';

const sayLost = (count: number): string => `lost ${count}\n`;

/** A descriptor that does with each write what the test says next. */
function scripted(): { writeSome: WriteSome; taken: () => string; fail: (code?: string) => void } {
  let text = '';
  let code: string | undefined;
  return {
    writeSome: (_descriptor, bytes, done) => {
      if (code === undefined) {
        text += Buffer.from(bytes).toString();
        setImmediate(done, null, bytes.length);
      } else setImmediate(done, Object.assign(new Error(code), { code }), 0);
    },
    taken: () => text,
    fail: (next) => {
      code = next;
    },
  };
}

test('lines are written in order, in few writes', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'cnamed-lines-'));
  const path = join(folder, 'log');
  const descriptor = openSync(path, 'wx');
  const output = openLineOutput(descriptor, sayLost);
  const lines = Array.from({ length: 5_000 }, (_, index) => `line ${index} äöü\n`);
  for (const line of lines) output.write(line);
  await output.flush();
  assert.equal(readFileSync(path, 'utf8'), lines.join(''));
  closeSync(descriptor);
  rmSync(folder, { recursive: true });
});

test('a line is written soon, without company and without a flush', async () => {
  const { promise, resolve } = Promise.withResolvers<string>();
  const writeSome: WriteSome = (_descriptor, bytes, done) => {
    resolve(Buffer.from(bytes).toString());
    setImmediate(done, null, bytes.length);
  };
  const output = openLineOutput(2, sayLost, { writeSome });
  // Holds the event loop, as a server does; the output itself holds no process.
  const server = setInterval(() => {}, 1_000);
  output.write('alone\n');
  assert.equal(await promise, 'alone\n');
  clearInterval(server);
});

test('a full volume costs the lines of that moment, and says so afterwards', async () => {
  const { writeSome, taken, fail } = scripted();
  const output = openLineOutput(2, sayLost, { writeSome });
  for (const code of ['ENOSPC', 'EIO', 'EPIPE']) {
    fail(code);
    output.write('one\n');
    output.write('two\n');
    await output.flush();
  }
  assert.equal(taken(), '');
  fail(undefined);
  output.write('three\n');
  await output.flush();
  assert.equal(taken(), 'lost 6\nthree\n');
  output.write('four\n');
  await output.flush();
  assert.equal(taken(), 'lost 6\nthree\nfour\n');
});

test('a reader that stalls neither fills the memory nor holds up a stop', async () => {
  const stalled: (() => void)[] = [];
  let text = '';
  const writeSome: WriteSome = (_descriptor, bytes, done) => {
    stalled.push(() => {
      text += Buffer.from(bytes).toString();
      done(null, bytes.length);
    });
  };
  const output = openLineOutput(2, sayLost, { writeSome });
  const line = `${'x'.repeat(1_023)}\n`;
  for (let count = 0; count < 20_000; count++) output.write(line);
  await output.flush();
  while (stalled.length > 0) {
    stalled.shift()?.();
    await output.flush();
  }
  const kept = text.split('\n').filter((each) => each.startsWith('x')).length;
  const lost = Number(/lost (\d+)/.exec(text)?.[1]);
  assert.equal(kept + lost, 20_000);
  assert.ok(kept < 6_000, `${kept} lines were kept`);
});

test('a descriptor that takes nothing now is tried again', async () => {
  const { writeSome, taken, fail } = scripted();
  const output = openLineOutput(2, sayLost, { writeSome });
  fail('EAGAIN');
  output.write('later\n');
  const flushed = output.flush();
  setImmediate(() => fail(undefined));
  await flushed;
  assert.equal(taken(), 'later\n');
});

test('where others write too, every write is of whole lines and of no more than a pipe takes', async () => {
  const pieces: string[] = [];
  const writeSome: WriteSome = (_descriptor, bytes, done) => {
    pieces.push(Buffer.from(bytes).toString());
    setImmediate(done, null, bytes.length);
  };
  const output = openLineOutput(2, sayLost, { writeSome, isShared: true });
  const lengths = [10, 4_000, 95, 96, 4_095, 4_096, 9_000, 1, 4_094];
  const lines = lengths.map((length, index) => `${String(index).repeat(length)}\n`);
  for (const line of lines) output.write(line);
  await output.flush();
  assert.equal(pieces.join(''), lines.join(''));
  for (const piece of pieces) {
    assert.ok(piece.endsWith('\n'));
    assert.ok(piece.length <= 4_096 || piece.indexOf('\n') === piece.length - 1);
  }
});
