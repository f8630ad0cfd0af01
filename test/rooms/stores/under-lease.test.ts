/** A holder counts its own time: two nodes over one database, each with a clock the test moves. */
import { strict as assert } from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import {
  type HeldLease,
  type LeaseStore,
  type MetadataEngine,
  openSqliteEngine,
  StoreUnavailable,
  underLease,
} from '../../../src/stores/index.ts';

const forMs = 30_000;
const restMs = 3_600_000;

/** Delays end when the test has moved the clock past them; a node that hangs hears of none. */
function createNode(holder: string) {
  const delays: { at: number; end: () => void }[] = [];
  let [wall, elapsed, isHanging] = [Date.UTC(2026, 10, 22), 0, false];
  const ring = () => {
    if (isHanging) return;
    for (const delay of delays.splice(0)) {
      if (delay.at <= elapsed) delay.end();
      else delays.push(delay);
    }
  };
  return {
    holder,
    clock: { now: () => wall, monotonicMs: () => elapsed },
    timers: {
      delay: (ms: number, signal?: AbortSignal) =>
        new Promise<void>((resolve, reject) => {
          delays.push({ at: elapsed + ms, end: resolve });
          signal?.addEventListener('abort', () => reject(signal.reason));
        }),
      every: () => () => {},
    },
    advance(ms: number) {
      wall += ms;
      elapsed += ms;
      ring();
    },
    /** Stopped as by SIGSTOP: its clock runs on, its timers do not. */
    hang(is: boolean) {
      isHanging = is;
      ring();
    },
  };
}

type Node = ReturnType<typeof createNode>;

describe('a job under its lease', () => {
  let folder = '';
  let engine: MetadataEngine;
  const stopping = new AbortController();
  let [one, other] = [createNode('one'), createNode('other')];

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'cnamed-lease-'));
    engine = await openSqliteEngine({ path: join(folder, 'metadata.db') });
    [one, other] = [createNode('one'), createNode('other')];
  });
  afterEach(async () => {
    await engine.close();
    await rm(folder, { recursive: true, force: true });
  });

  function start<Value>(
    node: Node,
    work: (held: HeldLease) => Promise<Value>,
    leases: LeaseStore = engine.leases,
    signal = stopping.signal,
  ) {
    const { holder } = node;
    const job = { name: 'job', holder, forMs, restMs, leases, world: node, signal };
    return underLease(job, work);
  }

  /** Begins a job that goes on until `finish`; resolves when it has its lease. */
  async function begin(node: Node, leases?: LeaseStore, signal?: AbortSignal) {
    const [got, end] = [Promise.withResolvers<HeldLease>(), Promise.withResolvers<void>()];
    const running = start(
      node,
      async (held) => {
        got.resolve(held);
        await end.promise;
        return node.holder;
      },
      leases,
      signal,
    );
    return { held: await got.promise, running, finish: () => end.resolve() };
  }

  async function advanceBoth(ms: number): Promise<void> {
    one.advance(ms);
    other.advance(ms);
  }

  /** Until what the advance set going has been answered by the database. */
  async function settled(holds: () => boolean): Promise<void> {
    const end = performance.now() + 20_000;
    while (!holds()) {
      assert.ok(performance.now() < end, 'the database did not answer');
      await delay(1);
    }
  }

  /** The port, counting renewals; `answer` may take the database away. */
  function watched(answer: () => void = () => {}): LeaseStore & { renewals: number } {
    const watching = {
      ...engine.leases,
      renewals: 0,
      async renewLease(input: Parameters<LeaseStore['renewLease']>[0]) {
        try {
          answer();
          return await engine.leases.renewLease(input);
        } finally {
          watching.renewals += 1;
        }
      },
    };
    return watching;
  }

  it('is done once: the other is told to wait, also after a restart', async () => {
    const first = await begin(one);
    assert.deepEqual(await start(other, () => assert.fail('two at once')), {
      outcome: 'not-now',
      waitMs: forMs,
    });
    first.finish();
    assert.deepEqual(await first.running, { outcome: 'done', value: 'one' });
    const again = createNode('one again');
    for (const node of [other, again]) {
      assert.deepEqual(await start(node, () => assert.fail('done lately')), {
        outcome: 'not-now',
        waitMs: restMs,
      });
    }
    other.advance(restMs);
    assert.equal((await start(other, async () => 1)).outcome, 'done');
  });

  it('is renewed while it runs, however long that is', async () => {
    const leases = watched();
    const first = await begin(one, leases);
    for (let third = 1; third <= 12; third += 1) {
      await advanceBoth(forMs / 3);
      await settled(() => leases.renewals === third);
      assert.equal((await start(other, () => assert.fail('held'))).outcome, 'not-now');
    }
    first.finish();
    assert.equal((await first.running).outcome, 'done');
  });

  it('a node that hangs finds its lease over, and what it does then is not done', async () => {
    const first = await begin(one);
    one.hang(true);
    await advanceBoth(forMs - 1);
    assert.equal(first.held.isHeld(), true);
    await advanceBoth(1);
    assert.equal(first.held.isHeld(), false);
    assert.equal(first.held.signal.aborted, true);
    const second = await begin(other);
    assert.ok(second.held.fence > first.held.fence);
    await engine.objects.announceBlob('0'.repeat(32), 1);
    const { name, fence } = first.held;
    assert.equal(await engine.objects.expireAnnounced(9, 9, { name, fence }), 'fenced');
    first.finish();
    assert.deepEqual(await first.running, { outcome: 'ended' });
    second.finish();
    assert.equal((await second.running).outcome, 'done');
  });

  it('counts from before it asked: a slow answer leaves less of the term', async () => {
    const slow: LeaseStore = {
      ...engine.leases,
      async takeLease(input) {
        const answer = await engine.leases.takeLease(input);
        one.advance(forMs - 1);
        return answer;
      },
    };
    const first = await begin(one, slow);
    assert.equal(first.held.isHeld(), true);
    one.hang(true);
    one.advance(1);
    assert.equal(first.held.isHeld(), false);
    first.finish();
    assert.equal((await first.running).outcome, 'ended');
  });

  it('outlives a database that is away for less than its term, and no more', async () => {
    let isAway = true;
    const leases = watched(() => {
      if (isAway) throw new StoreUnavailable('failed', 'away');
    });
    const first = await begin(one, leases);
    one.advance(forMs / 3);
    await settled(() => leases.renewals === 1);
    assert.equal(first.held.isHeld(), true);
    isAway = false;
    one.advance(forMs / 3);
    await settled(() => leases.renewals === 2);
    one.advance(forMs / 2);
    await settled(() => leases.renewals === 3);
    assert.equal(first.held.isHeld(), true);
    isAway = true;
    one.advance(forMs / 2);
    await settled(() => leases.renewals === 4);
    one.advance(forMs / 2);
    assert.equal(first.held.isHeld(), false);
    first.finish();
    assert.equal((await first.running).outcome, 'ended');
  });

  it('one that fails rests a term, and is somebody’s again', async () => {
    const failing = start(one, () => Promise.reject(new Error('the store is away')));
    await assert.rejects(failing, /the store is away/);
    assert.equal((await start(other, async () => 1)).outcome, 'not-now');
    await advanceBoth(forMs);
    assert.equal((await start(other, async () => 1)).outcome, 'done');
  });

  it('a node that is told to stop gives it back undone', async () => {
    const told = new AbortController();
    const first = await begin(one, engine.leases, told.signal);
    told.abort();
    assert.equal(first.held.isHeld(), false);
    first.finish();
    assert.deepEqual(await first.running, { outcome: 'ended' });
    assert.equal((await start(other, async () => 1)).outcome, 'done');
  });
});
