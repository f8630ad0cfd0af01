import type { World } from '../../world/index.ts';
import type { ChangeFeed } from '../ports/changes.ts';
import type { Reach } from '../ports/serving.ts';
import type { Answers } from '../serving/answers.ts';
import { Follower } from '../serving/follower.ts';
import type { RunStatement } from './dialect.ts';
import { Watch, type WatchParts } from './watch.ts';

/** What a serving node knows of the others: changes, and whether the database answers. */
export interface Following {
  readonly reach: Reach;
  /** Follows from now on; what is kept from now on is dropped in time. */
  start(feedOver: (ask: RunStatement) => ChangeFeed): Promise<void>;
  /** This node changed something. */
  announce(): void;
  stop(): Promise<void>;
}

export function createFollowing(
  parts: Omit<WatchParts, 'onHint'> & {
    readonly answers: Answers;
    readonly world: Pick<World, 'clock' | 'timers'>;
  },
): Following {
  const listeners = new Set<Parameters<Reach['onDomainsChanged']>[0]>();
  let follower: Follower | undefined;
  const watch = new Watch({ ...parts, onHint: () => follower?.hint() });
  return {
    reach: {
      silentForMs: () => follower?.silentForMs() ?? 0,
      onDomainsChanged(listener) {
        listeners.add(listener);
        return () => listeners.delete(listener);
      },
    },
    async start(feedOver) {
      const { answers, world } = parts;
      const changes = feedOver((query) => watch.ask(query));
      const onDomainsChanged = (domains: readonly string[] | 'any'): void => {
        for (const listener of listeners) listener(domains);
      };
      follower = await Follower.start({ changes, answers, world, onDomainsChanged });
    },
    announce: () => {
      if (follower !== undefined) watch.announce();
    },
    async stop() {
      const stopped = follower?.stop();
      await watch.stop();
      await stopped;
    },
  };
}
