/**
 * LISTEN and NOTIFY, which only shorten the wait for the next question: whatever is lost here is
 * found by asking (security.md 9.3). A server that knows neither is asked at intervals alone.
 */
import pg from 'pg';
import type { World } from '../../world/index.ts';
import type { PostgresAddress } from './address.ts';
import { clientOptions } from './connections.ts';

const channel = 'cnamed_changes';

/** Between two tries to listen again; a server that is away is not pressed. */
const pauseMs = 250;
const pauseMaxMs = 5_000;

export interface Hints {
  /** Tells the other nodes that there is something new. One message may stand for many changes. */
  announce(): void;
  stop(): Promise<void>;
}

export function exchangeHints(options: {
  readonly address: PostgresAddress;
  readonly pool: pg.Pool;
  readonly world: Pick<World, 'timers'>;
  onHint(): void;
}): Hints {
  const stopping = new AbortController();
  const listening = listen(options, stopping.signal);
  let announcing: Promise<void> | undefined;
  let isDue = false;

  async function announceAll(): Promise<void> {
    while (isDue) {
      isDue = false;
      await options.pool.query(`select pg_notify('${channel}', '')`).catch(() => {});
    }
    announcing = undefined;
  }

  return {
    announce() {
      isDue = true;
      announcing ??= announceAll();
    },
    async stop() {
      stopping.abort();
      await Promise.all([listening, announcing]);
    },
  };
}

/** Listens on a connection of its own, made again whenever it is lost, until stopped. */
async function listen(
  { address, world, onHint }: Parameters<typeof exchangeHints>[0],
  stopped: AbortSignal,
): Promise<void> {
  let failures = 0;
  while (!stopped.aborted) {
    const client = new pg.Client(clientOptions(address));
    const ended = Promise.withResolvers<void>();
    const end = (): void => ended.resolve();
    client.on('error', end).on('end', end).on('notification', onHint);
    stopped.addEventListener('abort', end);
    try {
      await client.connect();
      await client.query(`listen ${channel}`);
      failures = 0;
      // What was announced while nobody listened.
      onHint();
      await ended.promise;
    } catch {
      failures += 1;
    } finally {
      stopped.removeEventListener('abort', end);
      client.end().catch(() => {});
    }
    const pause = Math.min(pauseMaxMs, pauseMs * 2 ** failures);
    await world.timers.delay(pause, stopped).catch(() => {});
  }
}
