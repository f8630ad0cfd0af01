import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  Channel,
  Fleet,
  type FleetEvent,
  type FleetQuestions,
  type FleetWork,
  type WorkerListeners,
  type WorkerQuestions,
} from '../../../src/workers/index.ts';
import { createTestWorld } from '../../support/world.ts';

interface Asks extends FleetQuestions {
  readonly begin: readonly [string, number];
  readonly number: readonly [undefined, number];
}
interface Told extends WorkerQuestions {
  readonly whoAmI: readonly [undefined, number];
}

/** A worker in this process: it does what its kind does, and ends when it is killed. */
class PlayedWorker {
  readonly pid: number;
  readonly primary: Channel<Told>;
  readonly #listeners: WorkerListeners;
  readonly log: string[] = [];
  isGone = false;

  constructor(pid: number, listeners: WorkerListeners, conduct: Conduct) {
    this.pid = pid;
    this.#listeners = listeners;
    this.primary = new Channel<Told>((messages) =>
      setImmediate(() => {
        if (!this.isGone) listeners.onMessages(structuredClone(messages));
      }),
    );
    this.primary.answerWith<Asks>({
      begin: (order) => {
        this.log.push(`begin ${order}`);
        return conduct.begin?.(pid) ?? pid;
      },
      number: () => conduct.number?.(pid) ?? pid,
      announceEnd: () => this.log.push('announceEnd'),
      end: ({ deadlineMs, isGentle }) => {
        this.log.push(`end ${deadlineMs} ${isGentle}`);
        conduct.end?.(this);
        if (conduct.end === undefined) this.exit('with code 0');
      },
    });
    if (conduct.isDumb !== true) this.primary.ask('hello', undefined).catch(() => {});
  }

  exit(how: string): void {
    if (this.isGone) return;
    this.isGone = true;
    setImmediate(() => this.#listeners.onExit(how));
  }
}

interface Conduct {
  readonly isDumb?: boolean;
  begin?(pid: number): number | Promise<number>;
  number?(pid: number): number | Promise<number>;
  end?(worker: PlayedWorker): void;
}

const second = () => 'second';
const never = new Promise<never>(() => {});

function createStage(count: number, conduct: Conduct = {}) {
  const world = createTestWorld();
  const workers: PlayedWorker[] = [];
  const events: FleetEvent[] = [];
  const delays: { readonly ms: number; readonly pass: () => void }[] = [];
  const delay = (ms: number, signal?: AbortSignal): Promise<void> =>
    new Promise((resolve, reject) => {
      delays.push({ ms, pass: resolve });
      signal?.addEventListener('abort', () => reject(new Error('ended')));
    });
  const fleet = new Fleet<Asks, Told>({
    count,
    world: { ...world, timers: { ...world.timers, delay } },
    fork(listeners) {
      const worker = new PlayedWorker(workers.length + 1, listeners, conduct);
      workers.push(worker);
      return {
        pid: worker.pid,
        send: (messages) =>
          setImmediate(() => {
            if (!worker.isGone) worker.primary.receive(structuredClone(messages));
          }),
        kill: () => worker.exit('by SIGKILL'),
      };
    },
    report: (event) => events.push(event),
  });
  const work: FleetWork<Asks, Told> = {
    order: () => 'first',
    answers: (number) => ({ whoAmI: () => number }),
  };
  return {
    world,
    workers,
    events,
    delays,
    fleet,
    start: () => fleet.start(work),
    worker(index: number): PlayedWorker {
      const found = workers[index];
      assert.ok(found);
      return found;
    },
  };
}

async function until(isSo: () => boolean): Promise<void> {
  for (let turns = 0; !isSo(); turns += 1) {
    assert.ok(turns < 1_000, 'this never comes');
    await new Promise(setImmediate);
  }
}

describe('a fleet', () => {
  test('forks at once, and begins when there is work', async () => {
    const { fleet, start, workers } = createStage(3);
    assert.equal(workers.length, 3);
    assert.deepEqual(fleet.serving, []);
    await start();
    assert.deepEqual([...fleet.serving].sort(), [1, 2, 3]);
    for (const { log } of workers) assert.deepEqual(log, ['begin first']);
  });

  test('knows who asks', async () => {
    const { start, workers } = createStage(2);
    await start();
    const asked = workers.map(({ primary }) => primary.ask('whoAmI', undefined));
    assert.deepEqual(await Promise.all(asked), [1, 2]);
  });

  test('starts whole or not at all', async () => {
    const { fleet, start, workers } = createStage(3, {
      begin: async (pid) => {
        if (pid === 2) throw new Error('no port for me');
        return pid;
      },
    });
    await assert.rejects(start(), /no port for me/);
    assert.ok(workers.every(({ isGone }) => isGone));
    assert.deepEqual(fleet.serving, []);
  });

  test('kills who does not begin in time', async () => {
    const { start, delays } = createStage(1, { begin: () => never });
    const starting = start();
    await until(() => delays.length === 1);
    assert.equal(delays[0]?.ms, 60_000);
    delays[0]?.pass();
    await assert.rejects(starting, /SIGKILL/);
  });

  test('asks all that live, and kills who is silent, so that nobody waits for ever', async () => {
    const { fleet, start, delays, workers, events } = createStage(3, {
      number: (pid) => (pid === 2 ? never : pid),
    });
    await start();
    const asking = fleet.askAll('number', undefined);
    await until(() => delays.filter(({ ms }) => ms === 10_000).length === 3);
    await new Promise(setImmediate);
    for (const { ms, pass } of delays) if (ms === 10_000) pass();
    const answers = await asking;
    assert.ok(!answers.includes(2));
    assert.ok(workers[1]?.isGone);
    assert.ok(events.some((event) => event.event === 'silent' && event.pid === 2));
    fleet.stop(0);
  });

  test('asks all but one', async () => {
    const { fleet, start } = createStage(3);
    await start();
    assert.deepEqual((await fleet.askAll('number', undefined, 2)).sort(), [1, 3]);
  });

  test('does not wait for one that dies while it is asked', async () => {
    const stage = createStage(2, { number: (pid) => (pid === 1 ? never : pid) });
    await stage.start();
    const asking = stage.fleet.askAll('number', undefined);
    stage.worker(0).exit('with code 1');
    assert.deepEqual(await asking, [2]);
  });

  test('replaces who ends: at once after a long life, then later and later', async () => {
    const stage = createStage(1);
    const { fleet, world, delays, events, workers } = stage;
    await stage.start();
    const waits: number[] = [];
    for (let number = 0; number < 5; number += 1) {
      if (number === 4) world.advance(10_000);
      const before = delays.length;
      stage.worker(number).exit('with code 1');
      await until(() => delays.length > before);
      const wait = delays[before];
      waits.push(wait?.ms ?? -1);
      wait?.pass();
      await until(() => workers.length === number + 2 && fleet.serving.length === 1);
    }
    assert.deepEqual(waits, [0, 100, 200, 400, 0]);
    assert.deepEqual(events[0], { event: 'ended', pid: 1, how: 'with code 1', delayMs: 0 });
    assert.equal(events.filter(({ event }) => event === 'replaced').length, 5);
  });

  test('goes on trying when a successor cannot begin', async () => {
    let isBroken = false;
    const stage = createStage(1, {
      begin: async (pid) => {
        if (isBroken) throw new Error('not now');
        return pid;
      },
    });
    const { fleet, delays, events } = stage;
    await stage.start();
    isBroken = true;
    stage.worker(0).exit('with code 1');
    for (let tries = 0; tries < 3; tries += 1) {
      await until(() => delays.some(({ ms }) => ms < 10_000));
      for (const { ms, pass } of delays.splice(0)) if (ms < 10_000) pass();
      await until(() => events.filter(({ event }) => event === 'not begun').length === tries + 1);
    }
    isBroken = false;
    await until(() => delays.some(({ ms }) => ms < 10_000));
    for (const { ms, pass } of delays.splice(0)) if (ms < 10_000) pass();
    await until(() => fleet.serving.length === 1);
  });

  test('reloads one after the other: each ends gently when its successor serves', async () => {
    const stage = createStage(2);
    await stage.start();
    await stage.fleet.reload(second, 30_000);
    await until(() => stage.worker(0).isGone && stage.worker(1).isGone);
    const ended = ['begin first', 'end 30000 true'];
    assert.deepEqual([stage.worker(0).log, stage.worker(1).log], [ended, ended]);
    assert.deepEqual([...stage.fleet.serving].sort(), [3, 4]);
    assert.deepEqual(stage.worker(2).log, ['begin second']);
    assert.deepEqual(stage.events, [], 'nobody who was told to end is replaced');
  });

  test('is as large as before when one dies while its successor begins', async () => {
    const starting = Promise.withResolvers<number>();
    const stage = createStage(2, { begin: (pid) => (pid === 3 ? starting.promise : pid) });
    const { fleet, delays, workers } = stage;
    await stage.start();
    const reloading = fleet.reload(second, 0);
    await until(() => workers.length === 3 && stage.worker(2).log.length === 1);
    const before = delays.length;
    stage.worker(0).exit('with code 1');
    stage.worker(1).exit('with code 1');
    await until(() => delays.length >= before + 2);
    for (const { ms, pass } of delays.slice(before)) if (ms < 5_000) pass();
    starting.resolve(3);
    await reloading;
    for (let turns = 0; turns < 100; turns += 1) {
      for (const { ms, pass } of delays) if (ms < 5_000) pass();
      await new Promise(setImmediate);
    }
    assert.equal(fleet.serving.length, 2);
    assert.equal(workers.filter(({ isGone }) => !isGone).length, 2);
  });

  test('keeps who serves when a successor cannot begin, and takes one reload at a time', async () => {
    const stage = createStage(2, {
      begin: async (pid) => {
        if (pid > 2) throw new Error('a bad order');
        return pid;
      },
    });
    await stage.start();
    const reloading = stage.fleet.reload(second, 0);
    await assert.rejects(stage.fleet.reload(second, 0), /under way/);
    await assert.rejects(reloading, /a bad order/);
    assert.deepEqual([...stage.fleet.serving].sort(), [1, 2]);
  });

  test('goes back to the order of before when a later successor cannot begin', async () => {
    const stage = createStage(3, {
      begin: async (pid) => {
        if (pid === 5) throw new Error('a bad order');
        return pid;
      },
    });
    await stage.start();
    await assert.rejects(stage.fleet.reload(second, 0), /a bad order/);
    await until(() => stage.worker(3).isGone);
    assert.deepEqual([...stage.fleet.serving].sort(), [2, 3, 6]);
    assert.equal(stage.worker(3).log[0], 'begin second');
    assert.equal(stage.worker(5).log[0], 'begin first');
  });

  test('says so when it cannot go back', async () => {
    const stage = createStage(2, {
      begin: async (pid) => {
        if (pid > 3) throw new Error('no more');
        return pid;
      },
    });
    await stage.start();
    await assert.rejects(stage.fleet.reload(second, 0), /Some workers serve by the new settings/);
    assert.deepEqual([...stage.fleet.serving].sort(), [2, 3]);
  });

  test('replaces in a reload who was about to begin by the order of before', async () => {
    const starting = Promise.withResolvers<number>();
    const stage = createStage(2, { begin: (pid) => (pid === 3 ? starting.promise : pid) });
    const { fleet, delays, workers } = stage;
    await stage.start();
    stage.worker(0).exit('with code 1');
    await until(() => delays.some(({ ms }) => ms === 0));
    for (const { ms, pass } of delays) if (ms === 0) pass();
    await until(() => workers.length === 3 && stage.worker(2).log.length === 1);
    const reloading = fleet.reload(second, 0);
    await until(() => fleet.serving.includes(4));
    starting.resolve(3);
    await reloading;
    assert.deepEqual([...fleet.serving].sort(), [4, 5]);
    await until(() => stage.worker(2).isGone);
    assert.deepEqual(stage.worker(2).log, ['begin first', 'end 0 true']);
  });

  test('stops all: who serves ends by itself, who has not begun and who hangs is killed', async () => {
    const stage = createStage(2, { end: () => {} });
    await stage.start();
    stage.fleet.announceEnd();
    const stopping = stage.fleet.stop(30_000);
    await until(() => stage.worker(0).log.length === 3);
    assert.deepEqual(stage.worker(0).log, ['begin first', 'announceEnd', 'end 30000 false']);
    stage.worker(0).exit('with code 0');
    await until(() => stage.delays.some(({ ms }) => ms === 35_000));
    for (const { ms, pass } of stage.delays) if (ms === 35_000) pass();
    await stopping;
    assert.ok(stage.worker(1).isGone);
    assert.deepEqual(stage.fleet.serving, []);
    assert.equal(stage.workers.length, 2, 'nobody is replaced');
  });

  test('can be stopped before it was given work', async () => {
    const { fleet, workers } = createStage(2, { isDumb: true });
    await fleet.stop(0);
    assert.ok(workers.every(({ isGone }) => isGone));
  });
});
