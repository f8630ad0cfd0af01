/** A process that serves alone: what the processes of a server have together is its own. */
import { createQuestionLimit } from './cname/index.ts';
import type { OwnSessions, Together } from './listening.ts';
import { createTicketKeys } from './tls/index.ts';
import type { World } from './world/index.ts';

/** `end` stops the regular rotation of the ticket keys. */
export function standAlone(world: World): Together & { end(): void } {
  let own: OwnSessions | undefined;
  const questions = createQuestionLimit(world.clock);
  const ticketKeys = createTicketKeys({ world, apply: (keys) => own?.takeTicketKeys(keys) });
  return {
    ticketKeys,
    takeQuestion: (accountId) => questions.take(accountId),
    domainIsOf: async (domain, accountId) => own?.sessions.domainIsOf(domain, accountId),
    join(joined) {
      own = joined;
      void ticketKeys.rotate();
    },
    end: () => ticketKeys.stop(),
  };
}
