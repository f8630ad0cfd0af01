import type pg from 'pg';
import type { World } from '../../world/index.ts';
import type { ChangeFeed } from '../ports/changes.ts';
import type { Reach } from '../ports/serving.ts';
import type { Answers } from '../serving/answers.ts';
import { Follower } from '../serving/follower.ts';
import type { PostgresAddress } from './address.ts';
import { exchangeHints, type Hints } from './hints.ts';

/** What a serving node knows of the others: changes, and whether the database answers. */
export interface Following {
  readonly reach: Reach;
  /** Follows from now on; what is kept from now on is dropped in time. */
  start(changes: ChangeFeed, isListening: boolean): Promise<void>;
  /** This node changed something. */
  announce(): void;
  stop(): Promise<void>;
}

export function createFollowing(parts: {
  readonly address: PostgresAddress;
  readonly pool: pg.Pool;
  readonly answers: Answers;
  readonly world: Pick<World, 'clock' | 'timers'>;
}): Following {
  const listeners = new Set<Parameters<Reach['onDomainsChanged']>[0]>();
  let follower: Follower | undefined;
  let hints: Hints | undefined;
  return {
    reach: {
      silentForMs: () => follower?.silentForMs() ?? 0,
      onDomainsChanged(listener) {
        listeners.add(listener);
        return () => listeners.delete(listener);
      },
    },
    async start(changes, isListening) {
      const { address, pool, answers, world } = parts;
      const onDomainsChanged = (domains: readonly string[] | 'any'): void => {
        for (const listener of listeners) listener(domains);
      };
      const started = await Follower.start({ changes, answers, world, onDomainsChanged });
      follower = started;
      const onHint = (): void => started.hint();
      if (isListening) hints = exchangeHints({ address, pool, world, onHint });
    },
    announce: () => hints?.announce(),
    async stop() {
      await follower?.stop();
      await hints?.stop();
    },
  };
}
