import type { World } from '../../world/index.ts';
import { isTransient } from './failures.ts';
import type { RetryBudget } from './retry-budget.ts';

/** Until the answer begins, or for small answers until it ends. A part is 8 MiB. */
export const attemptMs = 30_000;
/** For what the server does with the bytes it has: composing parts, copying. */
export const longAttemptMs = 10 * 60_000;

/** No attempt begins later than this after the first. */
const retryWithinMs = 60_000;
const attemptsMax = 5;
const firstPauseMs = 50;
const pauseMaxMs = 2_000;

/**
 * Sends requests that may be repeated: each attempt has a deadline, attempts are few, spread by
 * chance, and paid for from the budget of the process.
 */
export class S3Requests {
  readonly #world: World;
  readonly #budget: RetryBudget;

  constructor(world: World, budget: RetryBudget) {
    this.#world = world;
    this.#budget = budget;
  }

  /**
   * @throws the last attempt's error, as the SDK gave it. An aborted `signal` ends attempts and
   * pauses. `isRepeat`: it asks again for what broke off, was paid for and earns no retries.
   */
  async send<Answer>(
    attempt: (signal: AbortSignal) => Promise<Answer>,
    options: {
      readonly attemptMs?: number;
      readonly signal?: AbortSignal;
      readonly isRepeat?: boolean;
    } = {},
  ): Promise<Answer> {
    const { clock } = this.#world;
    const startedAt = clock.monotonicMs();
    if (options.isRepeat !== true) this.#budget.earn();
    for (let tried = 1; ; tried += 1) {
      try {
        return await this.within(options.attemptMs ?? attemptMs, attempt, options.signal);
      } catch (error) {
        const isLate = clock.monotonicMs() - startedAt >= retryWithinMs;
        const isOver = tried >= attemptsMax || isLate || options.signal?.aborted === true;
        if (isOver || !isTransient(error) || !this.#budget.spend()) throw error;
        await this.pause(tried, options.signal);
      }
    }
  }

  /** One attempt with a deadline. */
  async within<Answer>(
    ms: number,
    attempt: (signal: AbortSignal) => Promise<Answer>,
    signal?: AbortSignal,
  ): Promise<Answer> {
    const deadline = new AbortController();
    const done = new AbortController();
    this.#world.timers.delay(ms, done.signal).then(
      () => deadline.abort(new Error(`No answer within ${ms} ms`)),
      () => {},
    );
    try {
      const signals = signal === undefined ? [deadline.signal] : [deadline.signal, signal];
      return await attempt(AbortSignal.any(signals));
    } catch (error) {
      throw deadline.signal.aborted ? deadline.signal.reason : error;
    } finally {
      done.abort();
    }
  }

  /** May a broken answer be asked for again? Pays for it. */
  mayRetry(): boolean {
    return this.#budget.spend();
  }

  /** Grows with every attempt; anywhere between nothing and its full length. */
  async pause(tried: number, signal?: AbortSignal): Promise<void> {
    const longest = Math.min(pauseMaxMs, firstPauseMs * 2 ** tried);
    const chance = this.#world.random.bytes(2).readUInt16BE() / 0x10000;
    await this.#world.timers.delay(Math.ceil(longest * chance), signal).catch(() => {});
  }
}
