/** A fault that nothing caught brings the server down, loudly (security.md 10.1). */
import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import { tmpdir } from 'node:os';
import { test } from 'node:test';
import { type RunningServer, runCli } from '../../../src/cli/index.ts';
import { createTestWorld } from '../../support/world.ts';

function serveWith(server: Partial<RunningServer> | Promise<never>) {
  const faults = new EventEmitter();
  const signals = new EventEmitter();
  const ready = Promise.withResolvers<void>();
  const ended = Promise.withResolvers<number>();
  let told = '';
  const exits: number[] = [];
  const code = runCli(
    ['serve'],
    {},
    {
      world: createTestWorld(),
      stdout: { write: () => ready.resolve() },
      stderr: {
        write: (text: string) => {
          told += text;
        },
      },
      currentFolder: tmpdir(),
      faults,
      signals,
      exitNow: (given) => {
        exits.push(given);
        ended.resolve(given);
      },
      startServer: async () => {
        if (server instanceof Promise) return await server;
        const addresses = { http: undefined, https: undefined, console: undefined };
        const nothing = async (): Promise<void> => {};
        return { addresses, generatedKey: undefined, stop: nothing, fall: nothing, ...server };
      },
      openEngines: async () => assert.fail('no store is needed here'),
      openWithObjects: async () => assert.fail('no store is needed here'),
      openSchema: () => assert.fail('no store is needed here'),
      openForCopy: async () => assert.fail('no store is needed here'),
      databaseOf: () => assert.fail('no store is needed here'),
    },
  );
  return {
    faults,
    signals,
    code,
    ready: ready.promise,
    ended: ended.promise,
    exits,
    told: () => told,
  };
}

test('a fault that nothing caught ends a running server with a failure, once', async () => {
  const fallen: unknown[] = [];
  const run = serveWith({ fall: async (problem) => void fallen.push(problem) });
  await run.ready;
  const problem = new Error('planted');
  run.faults.emit('uncaughtException', problem);
  run.faults.emit('uncaughtException', new Error('another, on the way down'));
  assert.equal(await run.ended, 1);
  assert.deepEqual(fallen, [problem]);
  assert.deepEqual(run.exits, [1]);
  run.signals.emit('SIGTERM');
  await run.code;
});

test('a server that hangs on its way down ends nevertheless', async () => {
  const run = serveWith({ fall: () => new Promise(() => {}) });
  await run.ready;
  run.faults.emit('uncaughtException', new Error('planted'));
  assert.equal(await run.ended, 1);
  run.signals.emit('SIGTERM');
  await run.code;
});

test('a fault during the start is told, and no fault is watched for after the end', async () => {
  const start = Promise.withResolvers<never>();
  const run = serveWith(start.promise);
  while (run.faults.listenerCount('uncaughtException') === 0) {
    await new Promise((resolve) => setImmediate(resolve));
  }
  run.faults.emit('uncaughtException', new Error('planted'));
  assert.equal(await run.ended, 1);
  assert.match(run.told(), /planted/);
  start.reject(new Error('no start'));
  assert.equal(await run.code, 1);
  assert.equal(run.faults.listenerCount('uncaughtException'), 0);
});
