/**
 * Questions with answers between two processes, over messages that arrive in the order they were
 * sent. What one turn of the event loop says goes as one message: each costs system calls.
 */

/**
 * Questions are an interface: by subject, `readonly [what is asked, what is answered]`. All of it
 * plain data.
 */
export type Body<Asked, Subject extends keyof Asked> = Asked[Subject] extends readonly [
  infer Found,
  unknown,
]
  ? Found
  : never;

export type Answer<Asked, Subject extends keyof Asked> = Asked[Subject] extends readonly [
  unknown,
  infer Found,
]
  ? Found
  : never;

/** One for each question that may come; `undefined` is answered by whoever returns anything. */
export type Answers<Asked> = {
  readonly [Subject in keyof Asked]: (
    body: Body<Asked, Subject>,
  ) => Answer<Asked, Subject> extends undefined
    ? unknown
    : Answer<Asked, Subject> | Promise<Answer<Asked, Subject>>;
};

type AnyAnswers = Readonly<Record<string, (body: unknown) => unknown>>;

export type Message =
  | {
      readonly kind: 'question';
      readonly id: number;
      readonly subject: string;
      readonly body: unknown;
    }
  | { readonly kind: 'answer'; readonly id: number; readonly answer: unknown }
  | {
      readonly kind: 'failure';
      readonly id: number;
      readonly message: string;
      readonly code: string | undefined;
    };

/** The other process is gone, or never answered; whether it did as asked nobody knows. */
export class ChannelEnded extends Error {
  override readonly name = 'ChannelEnded';
}

/** One end: asks what is in `Asked`. */
export class Channel<Asked> {
  readonly #send: (messages: readonly Message[]) => void;
  readonly #waiting = new Map<number, PromiseWithResolvers<unknown>>();
  #answers: AnyAnswers = {};
  #outgoing: Message[] = [];
  #lastId = 0;
  #ended: string | undefined;

  /** `send` throws when the other process is gone. */
  constructor(send: (messages: readonly Message[]) => void) {
    this.#send = send;
  }

  /** What is asked here from now on is answered so. */
  answerWith<Answered>(answers: Answers<Answered>): void {
    this.#answers = answers as unknown as AnyAnswers;
  }

  /**
   * Rejects with `ChannelEnded` when the other end is gone, and with the message of its failure
   * when it failed.
   */
  ask<Subject extends keyof Asked & string>(
    subject: Subject,
    body: Body<Asked, Subject>,
  ): Promise<Answer<Asked, Subject>> {
    if (this.#ended !== undefined) return Promise.reject(new ChannelEnded(this.#ended));
    this.#lastId += 1;
    const waiting = Promise.withResolvers<unknown>();
    this.#waiting.set(this.#lastId, waiting);
    this.#say({ kind: 'question', id: this.#lastId, subject, body });
    return waiting.promise as Promise<Answer<Asked, Subject>>;
  }

  receive(messages: readonly Message[]): void {
    for (const message of messages) {
      if (message.kind === 'question') void this.#answer(message.id, message.subject, message.body);
      else this.#settle(message);
    }
  }

  /** Whoever waits is told so; nothing is sent any more. */
  end(reason: string): void {
    if (this.#ended !== undefined) return;
    this.#ended = reason;
    this.#outgoing = [];
    for (const waiting of this.#waiting.values()) waiting.reject(new ChannelEnded(reason));
    this.#waiting.clear();
  }

  async #answer(id: number, subject: string, body: unknown): Promise<void> {
    try {
      const answer = this.#answers[subject];
      if (answer === undefined) throw new Error(`Nobody answers ${subject}.`);
      this.#say({ kind: 'answer', id, answer: await answer(body) });
    } catch (problem) {
      this.#say({ kind: 'failure', id, ...failureOf(problem) });
    }
  }

  #settle(message: Exclude<Message, { kind: 'question' }>): void {
    const waiting = this.#waiting.get(message.id);
    this.#waiting.delete(message.id);
    if (message.kind === 'answer') waiting?.resolve(message.answer);
    else waiting?.reject(Object.assign(new Error(message.message), { code: message.code }));
  }

  #say(message: Message): void {
    if (this.#ended !== undefined) return;
    this.#outgoing.push(message);
    if (this.#outgoing.length === 1) setImmediate(() => this.#flush());
  }

  #flush(): void {
    const messages = this.#outgoing;
    if (messages.length === 0) return;
    this.#outgoing = [];
    try {
      this.#send(messages);
    } catch (problem) {
      this.end(problem instanceof Error ? problem.message : String(problem));
    }
  }
}

/** What people are told of a failure, and by what its kind is known (`EADDRINUSE`). */
function failureOf(problem: unknown): { message: string; code: string | undefined } {
  if (!(problem instanceof Error)) return { message: String(problem), code: undefined };
  const { message, code } = problem as NodeJS.ErrnoException;
  return { message, code };
}
