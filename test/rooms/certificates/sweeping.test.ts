import { strict as assert } from 'node:assert/strict';
import { describe, it } from 'node:test';
import { removeEndedCertificates } from '../../../src/certificates/index.ts';
import type { CertificateStore, EndedCertificate } from '../../../src/stores/index.ts';
import { createTestWorld, testEpoch } from '../../support/world.ts';

const monthMs = 30 * 24 * 3_600_000;

/** So many that end a millisecond after the other; every seventh is bound. */
function storeOf(count: number, firstEnd: number) {
  let ended: EndedCertificate[] = Array.from({ length: count }, (_, index) => {
    return { number: index + 1, validTo: firstEnd + index, isBound: index % 7 === 0 };
  });
  const steps: number[] = [];
  const store: Parameters<typeof removeEndedCertificates>[0] = {
    async listEndedCertificates({ before, after, limit }) {
      const isBehind = (one: EndedCertificate) =>
        after === undefined || one.validTo > after.validTo;
      return ended.filter((one) => one.validTo < before && isBehind(one)).slice(0, limit);
    },
    async removeUnboundCertificates(numbers) {
      steps.push(numbers.length);
      ended = ended.filter(({ number }) => !numbers.includes(number));
      return numbers.length;
    },
  } satisfies Partial<CertificateStore>;
  return { store, steps, left: () => ended };
}

/** A node that has the lease until it has paused so often. */
function nodeFor(pausesMax = Number.POSITIVE_INFINITY) {
  const world = createTestWorld();
  let pauses = 0;
  world.timers.delay = async () => {
    pauses += 1;
  };
  const held = { isHeld: () => pauses < pausesMax, signal: new AbortController().signal };
  return { world, held, pauses: () => pauses };
}

describe('the removal of ended certificates', () => {
  it('takes those that ended more than 30 days ago and that nothing binds', async () => {
    const { store, left } = storeOf(3, testEpoch - monthMs - 2);
    const { world, held } = nodeFor();
    assert.equal(await removeEndedCertificates(store, world, held), 1);
    assert.deepEqual(
      left().map(({ number }) => number),
      [1, 3],
    );
    world.advance(1);
    assert.equal(await removeEndedCertificates(store, world, held), 1);
  });

  it('goes through all in steps of a hundred, and rests between two', async () => {
    const { store, steps, left } = storeOf(1_050, 0);
    const { world, held, pauses } = nodeFor();
    assert.equal(await removeEndedCertificates(store, world, held), 900);
    assert.ok(left().every(({ isBound }) => isBound));
    assert.equal(pauses(), 10);
    assert.equal(steps.length, 11);
    assert.ok(steps.every((count) => count <= 100));
  });

  it('ends between two steps when the lease is lost; what was done stands', async () => {
    const { store, steps, left } = storeOf(1_050, 0);
    const { world, held } = nodeFor(2);
    const removed = await removeEndedCertificates(store, world, held);
    assert.equal(steps.length, 2);
    assert.equal(left().length, 1_050 - removed);
  });
});
