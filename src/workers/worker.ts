import { type Answers, type Body, Channel } from './channel.ts';
import type { FleetQuestions, WorkerQuestions } from './fleet.ts';
import { connectToPrimary } from './process.ts';

/** What a worker does. */
export interface Work<Answered extends FleetQuestions> {
  /** `end` resolves when nothing is left to be done. */
  readonly answers: Answers<Answered>;
  /** Told of what nobody caught; the process ends when it resolves, which must be soon. */
  onFault(problem: unknown): Promise<void>;
}

/**
 * Makes this process a worker: it answers its fleet from now on, and ends when it was told to, or
 * with the primary.
 */
export function joinFleet<Ask extends WorkerQuestions, Answered extends FleetQuestions>(
  begin: (primary: Pick<Channel<Ask>, 'ask'>) => Work<Answered>,
): void {
  const primary = connectToPrimary({
    onMessages: (messages) => channel.receive(messages),
    onFault: (problem) => onFault(problem),
  });
  const channel = new Channel<Ask>(primary.send);
  const { answers, onFault } = begin(channel);
  channel.answerWith<Answered>({
    ...answers,
    async end(order: Body<Answered, 'end'>) {
      await answers.end(order);
      primary.leave();
    },
  });
  void channel.ask('hello', undefined as Body<Ask, 'hello'>);
}
