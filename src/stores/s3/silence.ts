import type { World } from '../../world/index.ts';

export interface SilenceWatch {
  /** Counts as waiting until `work` settles. */
  whileWaiting<T>(work: () => Promise<T>): Promise<T>;
  stop(): void;
}

/**
 * Calls `onSilence` once a wait has lasted `maxMs`. One timer for all waits of a body: one of its
 * own for each piece cost an eighth of the CPU of large reads, most of it for errors that tell an
 * aborted timer that it was aborted.
 */
export function watchSilence(
  { clock, timers }: Pick<World, 'clock' | 'timers'>,
  maxMs: number,
  onSilence: () => void,
): SilenceWatch {
  const stopped = new AbortController();
  let waitingSince: number | undefined;
  const silentMs = () => (waitingSince === undefined ? 0 : clock.monotonicMs() - waitingSince);

  async function watch(): Promise<void> {
    for (let restMs = maxMs; restMs > 0; restMs = Math.ceil(maxMs - silentMs())) {
      await timers.delay(restMs, stopped.signal);
    }
    stopped.abort();
    onSilence();
  }
  // Rejects when it is stopped, and that is all there is to it.
  watch().catch(() => {});

  return {
    async whileWaiting(work) {
      waitingSince = clock.monotonicMs();
      try {
        return await work();
      } finally {
        waitingSince = undefined;
      }
    },
    stop: () => stopped.abort(),
  };
}
