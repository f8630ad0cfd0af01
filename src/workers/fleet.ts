/**
 * The processes that serve, as the primary keeps them: so many at any time. One that ends is
 * replaced, all are replaced one after the other when told to, and what one must not know later
 * than another is asked of all.
 */
import type { World } from '../world/index.ts';
import { type Answer, type Answers, type Body, Channel, ChannelEnded } from './channel.ts';
import type { WorkerListeners, WorkerProcess } from './process.ts';

/** How a worker ends. */
export interface Ending {
  /** Requests may run on for so long. */
  readonly deadlineMs: number;
  /** Connections that are idle may be used once more. */
  readonly isGentle: boolean;
}

/** What a fleet asks of its workers; their wiring adds what it likes. */
export interface FleetQuestions {
  /** Serve, by this order. The answer: the addresses. */
  readonly begin: readonly [unknown, unknown];
  /** Every answer is the last of its connection from now on. */
  readonly announceEnd: readonly [undefined, undefined];
  /** Accept no more, and end: that is the answer. */
  readonly end: readonly [Ending, undefined];
}

/** What a worker asks of its fleet. */
export interface WorkerQuestions {
  /** It listens to questions now. */
  readonly hello: readonly [undefined, undefined];
}

type Order<Ask extends FleetQuestions> = Body<Ask, 'begin'>;
type Bound<Ask extends FleetQuestions> = Answer<Ask, 'begin'>;

export type FleetEvent =
  /** A worker ended that was not told to; another takes its place after `delayMs`. */
  | {
      readonly event: 'ended';
      readonly pid: number;
      readonly how: string;
      readonly delayMs: number;
    }
  | { readonly event: 'replaced' }
  /** It could not begin; tried again after `delayMs`. */
  | { readonly event: 'not begun'; readonly problem: unknown; readonly delayMs: number }
  /** It did not answer for too long, and was killed. */
  | { readonly event: 'silent'; readonly pid: number };

export interface FleetOptions {
  readonly count: number;
  readonly world: Pick<World, 'clock' | 'timers'>;
  readonly fork: (listeners: WorkerListeners) => WorkerProcess;
  readonly report: (event: FleetEvent) => void;
  readonly limits?: Partial<FleetLimits>;
}

/** What its workers are for. */
export interface FleetWork<Ask extends FleetQuestions, Told extends WorkerQuestions> {
  /** What a worker is told that begins now, until a reload brings another order. */
  readonly order: () => Order<Ask>;
  /** What the worker of this number asks. */
  answers(number: number): Omit<Answers<Told>, 'hello'>;
}

export interface FleetLimits {
  /** One that has not begun by then will not. */
  readonly beginMs: number;
  /** What is asked of all holds a request somewhere: a worker that hangs is killed. */
  readonly silenceMs: number;
  /** Beyond its deadline an ending worker is killed. */
  readonly endGraceMs: number;
  /** One that lived so long is replaced at once; else the wait doubles with each. */
  readonly healthyMs: number;
  readonly delayMinMs: number;
  readonly delayMaxMs: number;
}

export const fleetLimits: FleetLimits = {
  beginMs: 60_000,
  silenceMs: 10_000,
  endGraceMs: 5_000,
  healthyMs: 10_000,
  delayMinMs: 100,
  delayMaxMs: 10_000,
};

class Member<Ask extends FleetQuestions> {
  readonly number: number;
  readonly channel: Channel<Ask>;
  readonly process: WorkerProcess;
  readonly bornMs: number;
  /** Resolves when it listens to questions; rejects when it will not. */
  readonly hello = Promise.withResolvers<void>();
  readonly gone = Promise.withResolvers<void>();
  /** Resolves when it serves, or is gone. */
  readonly begun = Promise.withResolvers<void>();
  /** What it was told to begin with; `undefined` before that. */
  order: (() => Body<Ask, 'begin'>) | undefined;
  /** Whether it listens to questions: what is asked of all is asked of it from then on. */
  isListening = false;
  state: 'starting' | 'serving' | 'ending' = 'starting';
  /** How it ended, once it has. */
  how = '';

  constructor(number: number, bornMs: number, fork: (listeners: WorkerListeners) => WorkerProcess) {
    this.number = number;
    this.bornMs = bornMs;
    this.hello.promise.catch(() => {});
    this.channel = new Channel<Ask>((messages) => this.process.send(messages));
    this.answerWith({});
    this.process = fork({
      onMessages: (messages) => this.channel.receive(messages),
      onExit: (how) => this.#end(how),
    });
  }

  answerWith<Told>(answers: Omit<Answers<Told>, 'hello'>): void {
    const hello = (): void => {
      this.isListening = true;
      this.hello.resolve();
    };
    this.channel.answerWith({ ...answers, hello });
  }

  #end(how: string): void {
    this.how = how;
    this.channel.end(`The worker ended ${how}.`);
    this.hello.reject(new ChannelEnded(`The worker ended ${how}.`));
    this.gone.resolve();
  }
}

export class Fleet<Ask extends FleetQuestions, Told extends WorkerQuestions> {
  readonly #options: FleetOptions;
  readonly #limits: FleetLimits;
  readonly #members = new Set<Member<Ask>>();
  /** Forked before there was work. */
  readonly #idle: Member<Ask>[];
  readonly #stopping = new AbortController();
  #work: FleetWork<Ask, Told> | undefined;
  #order: (() => Order<Ask>) | undefined;
  #isReloading = false;
  #lastNumber = 0;
  /** Workers in a row that did not live long. */
  #shortLived = 0;

  /** The processes start now: they load their program while whoever gives them work is opened. */
  constructor(options: FleetOptions) {
    this.#options = options;
    this.#limits = { ...fleetLimits, ...options.limits };
    this.#idle = Array.from({ length: options.count }, () => this.#fork());
  }

  /** Process ids of those that accept now. */
  get serving(): readonly number[] {
    return this.#serving().map((member) => member.process.pid);
  }

  /** Resolves to the addresses when all serve; rejects, with none left, when one cannot. */
  async start(work: FleetWork<Ask, Told>): Promise<Bound<Ask>> {
    const { count } = this.#options;
    this.#work = work;
    this.#order = work.order;
    const begun = await Promise.allSettled(Array.from({ length: count }, () => this.#begin()));
    const failed = begun.find((each) => each.status === 'rejected');
    if (failed !== undefined) {
      await this.stop(0);
      throw failed.reason;
    }
    return (begun[0] as PromiseFulfilledResult<Bound<Ask>>).value;
  }

  /**
   * The answers of all that live, but the one of the number `except`. When it resolves, none is
   * left that was asked and has not answered: whoever is silent for too long is killed.
   */
  async askAll<Subject extends keyof Ask & string>(
    subject: Subject,
    body: Body<Ask, Subject>,
    except?: number,
  ): Promise<Answer<Ask, Subject>[]> {
    const asked = [...this.#members].filter(
      ({ isListening, number }) => isListening && number !== except,
    );
    const answers = await Promise.all(asked.map((member) => this.#ask(member, subject, body)));
    return answers.flat() as Answer<Ask, Subject>[];
  }

  /**
   * Every worker is replaced by one with this order, one after the other: each is told to end when
   * its successor accepts. Rejects when a successor cannot begin; then all serve by the order of
   * before, those that were replaced already after one more turn.
   */
  async reload(order: () => Order<Ask>, drainMs: number): Promise<void> {
    if (this.#isReloading) throw new Error('A reload is under way already.');
    this.#isReloading = true;
    const before = this.#order;
    try {
      await this.#bringAllTo(order, drainMs);
    } catch (problem) {
      await this.#bringAllTo(before, drainMs).catch((again: unknown) => {
        throw new Error('Some workers serve by the new settings, and cannot be replaced.', {
          cause: new AggregateError([problem, again]),
        });
      });
      throw problem;
    } finally {
      this.#isReloading = false;
      for (let missing = this.#missing(); missing > 0; missing -= 1) void this.#replace(0);
    }
  }

  announceEnd(): void {
    void this.askAll('announceEnd', undefined as Body<Ask, 'announceEnd'>);
  }

  /** No worker is left when it resolves. */
  async stop(deadlineMs: number): Promise<void> {
    this.#stopping.abort();
    const ending = { deadlineMs, isGentle: false };
    await Promise.all([...this.#members].map((member) => this.#end(member, ending)));
  }

  async #bringAllTo(order: (() => Order<Ask>) | undefined, drainMs: number): Promise<void> {
    this.#order = order;
    for (;;) {
      const member = this.#byOtherThan(order);
      if (member === undefined) return;
      if (member.state === 'starting') {
        await member.begun.promise;
        continue;
      }
      await this.#begin();
      void this.#end(member, { deadlineMs: drainMs, isGentle: true });
    }
  }

  /** One that serves by another order, or is about to. Who dies is replaced when all is over. */
  #byOtherThan(order: (() => Order<Ask>) | undefined): Member<Ask> | undefined {
    return [...this.#members].find(
      (member) => member.state !== 'ending' && member.order !== undefined && member.order !== order,
    );
  }

  /** How many of those that should serve are neither there nor about to be. */
  #missing(): number {
    const staying = [...this.#members].filter(({ state }) => state !== 'ending');
    return this.#options.count - staying.length;
  }

  #serving(): Member<Ask>[] {
    return [...this.#members].filter(({ state }) => state === 'serving');
  }

  /** One more worker serves when it resolves; when it rejects, its process is gone. */
  async #begin(): Promise<Bound<Ask>> {
    const member = this.#idle.pop() ?? this.#fork();
    const work = this.#work;
    const begun = new AbortController();
    this.#killAfter(member, this.#limits.beginMs, begun.signal);
    try {
      await member.hello.promise;
      const order = this.#order;
      if (work === undefined || order === undefined) throw new Error('There is no work.');
      member.answerWith<Told>(work.answers(member.number));
      member.order = order;
      const bound = (await member.channel.ask('begin', order())) as Bound<Ask>;
      this.#stopping.signal.throwIfAborted();
      member.state = 'serving';
      return bound;
    } catch (problem) {
      member.state = 'ending';
      member.process.kill();
      await member.gone.promise;
      throw problem;
    } finally {
      begun.abort();
      member.begun.resolve();
    }
  }

  #fork(): Member<Ask> {
    const { world, fork } = this.#options;
    this.#lastNumber += 1;
    const member = new Member<Ask>(this.#lastNumber, world.clock.monotonicMs(), fork);
    this.#members.add(member);
    void member.gone.promise.then(() => this.#isGone(member));
    return member;
  }

  async #ask<Subject extends keyof Ask & string>(
    member: Member<Ask>,
    subject: Subject,
    body: Body<Ask, Subject>,
  ): Promise<Answer<Ask, Subject>[]> {
    const answered = new AbortController();
    this.#killAfter(member, this.#limits.silenceMs, answered.signal, () =>
      this.#options.report({ event: 'silent', pid: member.process.pid }),
    );
    try {
      return [await member.channel.ask(subject, body)];
    } catch {
      // Gone, or about to be: a worker that cannot do what all must do may not serve on.
      member.process.kill();
      await member.gone.promise;
      return [];
    } finally {
      answered.abort();
    }
  }

  async #end(member: Member<Ask>, ending: Ending): Promise<void> {
    const before = member.state;
    member.state = 'ending';
    if (before === 'serving') {
      member.channel.ask('end', ending as Body<Ask, 'end'>).catch(() => {});
    }
    // One that has not begun has nothing to finish; one that is ending already goes on with that.
    if (before === 'starting') member.process.kill();
    const ended = new AbortController();
    this.#killAfter(member, ending.deadlineMs + this.#limits.endGraceMs, ended.signal);
    await member.gone.promise;
    ended.abort();
  }

  #killAfter(member: Member<Ask>, ms: number, signal: AbortSignal, before?: () => void): void {
    this.#options.world.timers.delay(ms, signal).then(
      () => {
        before?.();
        member.process.kill();
      },
      () => {},
    );
  }

  #isGone(member: Member<Ask>): void {
    this.#members.delete(member);
    if (member.state !== 'serving') return;
    const delayMs = this.#delayAfter(member.bornMs);
    this.#options.report({ event: 'ended', pid: member.process.pid, how: member.how, delayMs });
    void this.#replace(delayMs);
  }

  async #replace(firstDelayMs: number): Promise<void> {
    const { world, report } = this.#options;
    for (let delayMs = firstDelayMs; ; ) {
      await world.timers.delay(delayMs, this.#stopping.signal).catch(() => {});
      // The end of a reload looks who is missing.
      if (this.#stopping.signal.aborted || this.#isReloading || this.#missing() <= 0) return;
      const bornMs = world.clock.monotonicMs();
      try {
        await this.#begin();
        report({ event: 'replaced' });
        return;
      } catch (problem) {
        if (this.#stopping.signal.aborted) return;
        delayMs = this.#delayAfter(bornMs);
        report({ event: 'not begun', problem, delayMs });
      }
    }
  }

  /** None after a long life; then more and more, so that a fault at each start costs no core. */
  #delayAfter(bornMs: number): number {
    const { healthyMs, delayMinMs, delayMaxMs } = this.#limits;
    const lived = this.#options.world.clock.monotonicMs() - bornMs;
    if (lived >= healthyMs) this.#shortLived = 0;
    const delayMs = this.#shortLived === 0 ? 0 : delayMinMs * 2 ** (this.#shortLived - 1);
    this.#shortLived += 1;
    return Math.min(delayMs, delayMaxMs);
  }
}
