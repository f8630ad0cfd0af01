import type { Worker } from 'node:worker_threads';
import { StoreUnavailable } from '../ports/engine.ts';
import type { RunWrite } from '../sql/writes.ts';
import type { FromWriter, ToWriter, WriteReply, WriteRequest, WriterSetup } from './messages.ts';
import { notOpened } from './opening.ts';
import { startThread } from './threads.ts';

interface Waiting {
  resolve(value: unknown): void;
  reject(error: Error): void;
}

/** The engine's side of the writer thread: a promise for each request. */
export class WriteThread {
  readonly #worker: Worker;
  readonly #onCommit: () => void;
  readonly #waiting = new Map<number, Waiting>();
  readonly #opened = Promise.withResolvers<void>();
  readonly #ended = Promise.withResolvers<void>();
  /** What this turn of the event loop has asked for. */
  #outgoing: WriteRequest[] = [];
  #lastId = 0;
  /** Why nothing is written any more. */
  #refusal: string | undefined;
  #isClosing = false;
  #hasEnded = false;

  /** `onCommit` is called after each transaction, before whoever waits for it is told. */
  constructor(setup: WriterSetup, onCommit: () => void) {
    this.#onCommit = onCommit;
    this.#worker = startThread('writer', setup);
    this.#worker.on('message', (message: FromWriter) => this.#receive(message));
    this.#worker.on('error', (error) => this.#end(error));
    this.#worker.on('exit', () => this.#end(undefined));
  }

  /** Resolves when the database is open, checked and migrated; else rejects with the reason. */
  async open(): Promise<void> {
    await this.#opened.promise;
    // From here on only a request in flight keeps the process alive.
    this.#worker.unref();
  }

  readonly write: RunWrite = ((name: string, ...rest: unknown[]) => {
    if (this.#refusal !== undefined) {
      return Promise.reject(new StoreUnavailable('closed', this.#refusal));
    }
    return new Promise((resolve, reject) => {
      this.#lastId += 1;
      const id = this.#lastId;
      if (this.#waiting.size === 0) this.#worker.ref();
      this.#waiting.set(id, { resolve, reject });
      this.#outgoing.push({ id, name, rest } as WriteRequest);
      if (this.#outgoing.length === 1) setImmediate(() => this.#sendAll());
    });
  }) as RunWrite;

  /** What one turn of the event loop asks for goes as one message: each wakes the thread. */
  #sendAll(): void {
    const requests = this.#outgoing;
    if (requests.length === 0) return;
    this.#outgoing = [];
    try {
      this.#worker.postMessage(requests satisfies ToWriter);
    } catch {
      // An argument that cannot be sent is a fault of ours; its neighbours must not pay for it.
      for (const request of requests) this.#sendAlone(request);
    }
  }

  #sendAlone(request: WriteRequest): void {
    try {
      this.#worker.postMessage([request] satisfies ToWriter);
    } catch (cause) {
      this.#waiting.get(request.id)?.reject(cause as Error);
      this.#waiting.delete(request.id);
    }
  }

  /** Refuses every write from now on; reads go on. */
  stop(reason: string): void {
    this.#refusal ??= reason;
  }

  /** Lets every request in flight end, then the thread. Safe to call twice. */
  close(): Promise<void> {
    if (!this.#isClosing && !this.#hasEnded) {
      this.#isClosing = true;
      this.#refusal = 'The database is closed.';
      this.#worker.ref();
      this.#sendAll();
      this.#worker.postMessage('close' satisfies ToWriter);
    }
    return this.#ended.promise;
  }

  #receive(message: FromWriter): void {
    if (message.kind === 'open') this.#opened.resolve();
    else if (message.kind === 'not-open') {
      this.#opened.reject(notOpened(message.name, message.message));
    } else if (message.kind === 'replies') {
      this.#onCommit();
      for (const reply of message.replies) this.#settle(reply);
      if (this.#waiting.size === 0 && !this.#isClosing) this.#worker.unref();
    }
  }

  #settle(reply: WriteReply): void {
    const waiting = this.#waiting.get(reply.id);
    this.#waiting.delete(reply.id);
    if ('reason' in reply) waiting?.reject(new StoreUnavailable(reply.reason, reply.message));
    else waiting?.resolve(reply.value);
  }

  /** Whoever still waits was never acknowledged, and is told so. */
  #end(cause: unknown): void {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    this.#refusal ??= 'The writer of the database ended; restart the server.';
    const error = new StoreUnavailable('failed', 'The writer of the database ended.', { cause });
    this.#opened.reject(error);
    this.#opened.promise.catch(() => {});
    for (const waiting of this.#waiting.values()) waiting.reject(error);
    this.#waiting.clear();
    this.#ended.resolve();
  }
}
