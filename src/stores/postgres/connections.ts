import type pg from 'pg';
import type { World } from '../../world/index.ts';
import { fromDriver } from './failures.ts';
import { cut, type Primary } from './primary.ts';

/**
 * For a busy connection to come free, as long as an answer may take. Nobody waits so long for a
 * database that is away: then all who wait are refused together.
 */
const waitMs = 20_000;

/** Who comes when so many wait is refused: the wait would be longer than that anyway. */
const waitingMax = 1_024;

/** An unused connection is a process of the server: it is given back after so long. */
const idleMs = 10_000;

/** Between two looks for who waited too long: a timer for each would cost more than his read. */
const tidyMs = 1_000;

interface Waiting extends PromiseWithResolvers<pg.Client> {
  readonly until: number;
}

interface Idle {
  readonly client: pg.Client;
  readonly since: number;
}

/** Connections lent one at a time, made when they are needed, forgotten when they break. */
export class Connections {
  readonly #primary: Primary;
  readonly #world: Pick<World, 'clock' | 'timers'>;
  readonly #max: number;
  readonly #stopTidying: () => void;
  #idle: Idle[] = [];
  /** Lent, idle and being made. */
  #count = 0;
  /** In the order they came. */
  #waiting: Waiting[] = [];
  #isEnded = false;

  constructor(primary: Primary, max: number, world: Pick<World, 'clock' | 'timers'>) {
    this.#primary = primary;
    this.#world = world;
    this.#max = max;
    this.#stopTidying = world.timers.every(tidyMs, () => {
      this.#closeUnused();
      this.#refuseOverdue();
    });
  }

  /**
   * Rejects with `ConnectionLost` when no server can be reached, with another error when there is
   * no room: on the server, or among those who wait here.
   */
  async take(): Promise<pg.Client> {
    if (this.#isEnded) throw new Error('The connections are closed.');
    const idle = this.#idle.pop();
    if (idle !== undefined) return idle.client;
    return this.#count < this.#max ? await this.#make() : await this.#wait();
  }

  /** Gives a lent connection back. `isSound` is false when it is good for nothing any more. */
  give(client: pg.Client, isSound: boolean): void {
    if (isSound) this.#primary.noteAnswer();
    if (!isSound || isLost(client)) {
      cut(client);
      this.#count -= 1;
      this.#makeForNext();
      return;
    }
    const next = this.#waiting.shift();
    if (next !== undefined) next.resolve(client);
    else if (this.#isEnded) this.#end(client);
    else this.#idle.push({ client, since: this.#world.clock.monotonicMs() });
  }

  /** One statement on whichever connection. */
  async query(query: pg.QueryConfig): Promise<pg.QueryResult> {
    const client = await this.take();
    let isSound = false;
    try {
      const result = await client.query(query);
      isSound = true;
      return result;
    } catch (error) {
      const told = fromDriver(error);
      isSound = told === error;
      throw told;
    } finally {
      this.give(client, isSound);
    }
  }

  /** Closes what is idle now and what is lent when it comes back. */
  end(): void {
    this.#isEnded = true;
    this.#stopTidying();
    for (const { client } of this.#idle.splice(0)) this.#end(client);
  }

  async #make(): Promise<pg.Client> {
    this.#count += 1;
    try {
      const client = await this.#primary.connect();
      client.once('end', () => this.#forget(client));
      return client;
    } catch (error) {
      this.#count -= 1;
      this.#makeForNext();
      throw error;
    }
  }

  #makeForNext(): void {
    const next = this.#waiting.shift();
    if (next !== undefined) this.#make().then(next.resolve, next.reject);
  }

  async #wait(): Promise<pg.Client> {
    if (this.#waiting.length >= waitingMax) throw new Error('Too many wait for a connection.');
    const until = this.#world.clock.monotonicMs() + waitMs;
    const turn = { ...Promise.withResolvers<pg.Client>(), until };
    this.#waiting.push(turn);
    return await turn.promise;
  }

  #refuseOverdue(): void {
    const now = this.#world.clock.monotonicMs();
    while (this.#waiting[0] !== undefined && this.#waiting[0].until <= now) {
      this.#waiting
        .shift()
        ?.reject(new Error(`No connection came free within ${waitMs / 1000} s.`));
    }
  }

  /** An idle connection broke; a lent one is given back by whoever has it. */
  #forget(client: pg.Client): void {
    const place = this.#idle.findIndex((idle) => idle.client === client);
    if (place === -1) return;
    this.#idle.splice(place, 1);
    this.#count -= 1;
  }

  /** The longest unused stand first: what is asked for is taken from the end. */
  #closeUnused(): void {
    const before = this.#world.clock.monotonicMs() - idleMs;
    while (this.#idle[0] !== undefined && this.#idle[0].since <= before) {
      const [idle] = this.#idle.splice(0, 1);
      if (idle !== undefined) this.#end(idle.client);
    }
  }

  #end(client: pg.Client): void {
    this.#count -= 1;
    client.end().catch(() => cut(client));
  }
}

/** Said by the driver before its events are. */
function isLost(client: pg.Client): boolean {
  return client.connection.stream.destroyed;
}
