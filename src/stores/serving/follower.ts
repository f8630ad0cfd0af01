import type { World } from '../../world/index.ts';
import type { ChangeFeed } from '../ports/changes.ts';
import type { Answers } from './answers.ts';
import { tagOf } from './tags.ts';

/** Well inside the second of DESIGN ruling 12, also when every notification is lost. */
const pollMs = 400;

/** A burst of hints becomes few questions. */
const hintedMs = 15;

/** More changes than that at once are read page by page. */
const changesPerPage = 1_000;

export interface FollowerParts {
  readonly changes: ChangeFeed;
  readonly answers: Answers;
  readonly world: Pick<World, 'clock' | 'timers'>;
  /** What was kept of them is gone; `any`: everything is. */
  onDomainsChanged(domains: readonly string[] | 'any'): void;
}

/**
 * Asks for changes again and again, and drops what they made stale. A question that fails means
 * that the engine may come back as another (a standby, a backup): then everything goes at the first
 * answer. Until then everything known is answered on.
 */
export class Follower {
  readonly #parts: FollowerParts;
  readonly #stopping = new AbortController();
  #revision: number;
  #isAway = false;
  #answeredAt: number;
  #hint = Promise.withResolvers<void>();
  #running: Promise<void> = Promise.resolve();

  private constructor(parts: FollowerParts, revision: number) {
    this.#parts = parts;
    this.#revision = revision;
    this.#answeredAt = parts.world.clock.monotonicMs();
  }

  /** Resolves when the position is known: answers kept from now on are followed. */
  static async start(parts: FollowerParts): Promise<Follower> {
    const { current } = await parts.changes.changesSince(0, 1);
    const follower = new Follower(parts, current);
    follower.#running = follower.#run();
    return follower;
  }

  /** There is probably something new. */
  hint(): void {
    this.#hint.resolve();
  }

  silentForMs(): number {
    if (!this.#isAway) return 0;
    return this.#parts.world.clock.monotonicMs() - this.#answeredAt;
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#running;
  }

  async #run(): Promise<void> {
    while (!this.#stopping.signal.aborted) {
      await this.#wait();
      if (this.#stopping.signal.aborted) return;
      try {
        await this.#poll();
        this.#isAway = false;
        this.#answeredAt = this.#parts.world.clock.monotonicMs();
      } catch {
        this.#isAway = true;
      }
    }
  }

  /** Until it is time, or a hint comes; never so short that a burst of hints is a burst of work. */
  async #wait(): Promise<void> {
    const { timers } = this.#parts.world;
    const stopped = this.#stopping.signal;
    const ended = new AbortController();
    const end = (): void => ended.abort();
    stopped.addEventListener('abort', end);
    try {
      const time = timers.delay(pollMs, ended.signal).catch(() => {});
      await Promise.race([time, this.#hint.promise]);
      ended.abort();
      await timers.delay(hintedMs, stopped).catch(() => {});
      this.#hint = Promise.withResolvers<void>();
    } finally {
      stopped.removeEventListener('abort', end);
    }
  }

  async #poll(): Promise<void> {
    for (;;) {
      const { changes, answers } = this.#parts;
      const news = await changes.changesSince(this.#revision, changesPerPage);
      if (this.#isAway || news.current < this.#revision) {
        this.#isAway = false;
        this.#revision = news.current;
        answers.clear();
        this.#parts.onDomainsChanged('any');
        return;
      }
      const domains: string[] = [];
      for (const { kind, name } of news.changes) {
        answers.drop(tagOf(kind, name));
        if (kind === 'domain') domains.push(name);
      }
      this.#revision = news.revision;
      if (domains.length > 0) this.#parts.onDomainsChanged(domains);
      if (news.revision >= news.current || this.#stopping.signal.aborted) return;
    }
  }
}
