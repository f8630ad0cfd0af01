import { strict as assert } from 'node:assert/strict';
import { test } from 'node:test';
import { History } from '../campaigns/storms/history.ts';
import { run } from '../campaigns/storms.ts';

test('a storm of the store loses nothing acknowledged and gives no wrong bytes', async (context) => {
  const seed = Date.now() % 1_000_000_000;
  context.diagnostic(`seed ${seed}`);
  await run({ size: 200, seed, log: (line) => context.diagnostic(line) });
});

test('the account of the storm tells what was lost, replaced, refused and in time', () => {
  const check = (tell: (history: History) => void) => {
    const history = new History();
    tell(history);
    history.check();
  };
  const write = (history: History, value: string) =>
    history.acknowledged('a', value, history.tick());
  const read = (history: History, value: string) => history.read('a', value, history.tick());
  check((history) => read(history, 'absent'));
  check((history) => {
    write(history, 'X');
    read(history, 'X');
    write(history, 'absent');
    read(history, 'absent');
  });
  check((history) => {
    const begunAt = history.tick();
    write(history, 'X');
    history.read('a', 'absent', begunAt);
    history.acknowledged('a', 'Y', begunAt);
    read(history, 'X');
    read(history, 'Y');
  });
  const wrong: ((history: History) => void)[] = [
    (history) => read(history, 'never written'),
    (history) => {
      write(history, 'X');
      read(history, 'absent');
    },
    (history) => {
      write(history, 'X');
      write(history, 'Y');
      read(history, 'X');
    },
  ];
  for (const tell of wrong) assert.throws(() => check(tell), /shows/);
});
