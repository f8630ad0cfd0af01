import { strict as assert } from 'node:assert/strict';
import { test } from 'node:test';
import type { StoredObject } from '../../../src/stores/index.ts';
import { RememberedObjects } from '../../../src/stores/serving/remembered-objects.ts';
import { sampleObject } from '../../contract/samples.ts';

const away = new Error('nobody answers');
const refused = new Error('an answer, but none we like');

function remember() {
  let at = 0;
  let contactAt = 0;
  const objects = new RememberedObjects({
    isUnreachable: (error) => error === away,
    contactAt: () => contactAt,
    clock: { monotonicMs: () => at },
  });
  return {
    objects,
    answered(ms: number) {
      at = ms;
      contactAt = ms;
    },
  };
}

const fails = (error: Error) => () => Promise.reject(error);

test('a row is remembered for those who meet nobody, not for those who are refused', async () => {
  const { objects } = remember();
  const object = sampleObject();
  await objects.ask(1, 'a', async () => object);
  assert.equal(await objects.ask(1, 'a', fails(away)), object);
  await assert.rejects(objects.ask(1, 'a', fails(refused)), refused);
  await assert.rejects(objects.ask(2, 'a', fails(away)), away);
  await objects.ask(1, 'a', async () => undefined);
  await assert.rejects(objects.ask(1, 'a', fails(away)), away);
});

test('a row that was being read when its key was changed here is not remembered', async () => {
  const { objects } = remember();
  const reading = Promise.withResolvers<StoredObject>();
  const joined = [1, 2].map(() => objects.ask(1, 'a', () => reading.promise));
  objects.drop(1, ['b', 'a']);
  reading.resolve(sampleObject());
  await Promise.all(joined);
  await assert.rejects(objects.ask(1, 'a', fails(away)), away);
  const fresh = sampleObject();
  await objects.ask(1, 'a', async () => fresh);
  assert.equal(await objects.ask(1, 'a', fails(away)), fresh);
});

test('a row is as old as its confirmation when contact is lost, a minute at most', async () => {
  const { objects, answered } = remember();
  const object = sampleObject();
  await objects.ask(1, 'a', async () => object);
  answered(60_000);
  assert.equal(await objects.ask(1, 'a', fails(away)), object);
  answered(60_001);
  await assert.rejects(objects.ask(1, 'a', fails(away)), away);
  await objects.ask(1, 'a', async () => object);
  answered(120_000);
  assert.equal(await objects.ask(1, 'a', fails(away)), object);
});

test('what is remembered has a bound: the longest unused goes', async () => {
  const { objects } = remember();
  const metadata = { text: 'x'.repeat(8_000) };
  const names = Array.from({ length: 3_000 }, (_, index) => `large-${index}`);
  for (const name of names) await objects.ask(1, name, async () => sampleObject({ metadata }));
  await assert.rejects(objects.ask(1, 'large-0', fails(away)), away);
  assert.ok(await objects.ask(1, 'large-2999', fails(away)));
  let kept = 0;
  for (const name of names) {
    await objects.ask(1, name, fails(away)).then(
      () => {
        kept += 1;
      },
      () => {},
    );
  }
  assert.ok(kept > 1_500 && kept * 16_000 < 33_554_432, `${kept} are kept`);
});
