/**
 * Lets a seed decide the order in which concurrent actors reach the store and the resolver. Every
 * call through the gate waits; when nobody moves any more, the gate opens for one of those who wait
 * (or for a few at once). The same seed gives the same order.
 */
import type { Chance } from '../../support/chance.ts';

export type Actor = () => Promise<void>;

/** Turns of the event loop without a move after which nobody is taken to move any more. */
const stillTurns = 3;

export class Gate {
  readonly #waiting: (() => void)[] = [];
  #moves = 0;
  #busy = 0;

  /** Resolves when the gate opens for this caller. */
  async #turn(): Promise<void> {
    const turn = Promise.withResolvers<void>();
    this.#waiting.push(turn.resolve);
    this.#moves++;
    await turn.promise;
  }

  /** Waits for its turn, then does `work`; the gate opens for nobody else until it is done. */
  async pass<T>(work: () => Promise<T> | T): Promise<T> {
    await this.#turn();
    this.#busy++;
    try {
      return await work();
    } finally {
      this.#busy--;
      this.#moves++;
    }
  }

  /** Every method of `port` waits at this gate. */
  guard<Port extends object>(port: Port): Port {
    return new Proxy(port, {
      get: (target, name, receiver) => {
        const member: unknown = Reflect.get(target, name, receiver);
        if (typeof member !== 'function') return member;
        return (...args: unknown[]) => this.pass(() => member.apply(target, args));
      },
    });
  }

  /**
   * Runs the actors to their ends and says how often the gate opened. `atOnceMax` 1: one call after
   * the other. More: calls overlap, as in the server, where commits are made in groups. `check`
   * runs whenever nobody moves.
   */
  async run(
    actors: readonly Actor[],
    chance: Chance,
    atOnceMax: number,
    check: () => Promise<void>,
  ): Promise<number> {
    let running = actors.length;
    let steps = 0;
    const ends = Promise.all(
      actors.map(async (actor) => {
        try {
          await this.#turn();
          await actor();
        } finally {
          running--;
          this.#moves++;
        }
      }),
    );
    // Seen at the end; without this a failure would be called unhandled while others still run.
    ends.catch(() => {});
    await this.#settle();
    while (running > 0) {
      const count = 1 + chance.int(Math.max(1, Math.min(atOnceMax, this.#waiting.length)));
      for (let opened = 0; opened < count && this.#waiting.length > 0; opened++) {
        const [open] = this.#waiting.splice(chance.int(this.#waiting.length), 1);
        open?.();
        steps++;
      }
      await this.#settle();
      await check();
    }
    await ends;
    return steps;
  }

  async #settle(): Promise<void> {
    let seen = -1;
    for (let still = 0; still < stillTurns; ) {
      await new Promise<void>((resolve) => setImmediate(resolve));
      still = this.#moves === seen && this.#busy === 0 ? still + 1 : 0;
      seen = this.#moves;
    }
  }
}
