import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Channel, ChannelEnded, type Message } from '../../../src/workers/index.ts';

interface Sums {
  readonly sum: readonly [readonly number[], number];
  readonly fail: readonly [string, undefined];
}

/** Two ends, and the messages that went from the first to the second. */
function createPair() {
  const sent: (readonly Message[])[] = [];
  const one = new Channel<Sums>((messages) => {
    sent.push(messages);
    // As between processes: nothing is shared, and nothing arrives at once.
    setImmediate(() => other.receive(structuredClone(messages)));
  });
  const other: Channel<Sums> = new Channel<Sums>((messages) =>
    setImmediate(() => one.receive(structuredClone(messages))),
  );
  const answers = {
    sum: (numbers: readonly number[]) => numbers.reduce((sum, number) => sum + number, 0),
    async fail(message: string) {
      throw Object.assign(new Error(message), { code: 'ENOROOM' });
    },
  };
  one.answerWith<Sums>(answers);
  other.answerWith<Sums>(answers);
  return { one, other, sent };
}

describe('a channel', () => {
  test('answers questions of both ends, each with its own answer', async () => {
    const { one, other } = createPair();
    const asked = [
      ...[1, 2, 3].map((number) => one.ask('sum', [number, 10])),
      ...[4, 5].map((number) => other.ask('sum', [number, 100])),
    ];
    assert.deepEqual(await Promise.all(asked), [11, 12, 13, 104, 105]);
  });

  test('sends what one turn has asked as one message, in order', async () => {
    const { one, sent } = createPair();
    const asked = [1, 2, 3].map((number) => one.ask('sum', [number]));
    assert.equal(sent.length, 0);
    await Promise.all(asked);
    assert.deepEqual(
      sent.map((messages) => messages.map(({ id }) => id)),
      [[1, 2, 3]],
    );
  });

  test('rejects with the reason of a failure, and of a question that nobody answers', async () => {
    const { one } = createPair();
    await assert.rejects(one.ask('fail', 'no room'), { message: 'no room', code: 'ENOROOM' });
    await assert.rejects(one.ask('unheard' as 'fail', ''), /Nobody answers unheard/);
    assert.equal(await one.ask('sum', [1]), 1);
  });

  test('tells whoever waits when the other end is gone, and whoever asks later', async () => {
    const { one } = createPair();
    const waiting = one.ask('sum', [1]);
    one.end('The worker ended.');
    await assert.rejects(waiting, ChannelEnded);
    await assert.rejects(one.ask('sum', [1]), /The worker ended\./);
  });

  test('ends when nothing can be sent', async () => {
    const channel = new Channel<Sums>(() => {
      throw new Error('EPIPE');
    });
    await assert.rejects(channel.ask('sum', [1]), ChannelEnded);
  });
});
