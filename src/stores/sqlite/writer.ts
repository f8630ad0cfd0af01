/**
 * The writer thread: owns the one connection that writes, so that no fsync ever holds the event
 * loop. Whatever waits when it turns to its port becomes one group.
 */
import {
  type MessagePort,
  parentPort,
  receiveMessageOnPort,
  workerData,
} from 'node:worker_threads';
import type { Database as SqliteConnection } from 'better-sqlite3';
import { openForWriting } from './connection.ts';
import { kyselyOver } from './dialect.ts';
import { messageOf } from './failures.ts';
import { GroupCommit } from './group-commit.ts';
import { checkIntegrity } from './integrity.ts';
import type { FromWriter, ToWriter, WriteRequest, WriterSetup } from './messages.ts';
import { openSchema } from './opening.ts';

/** Bounds how long the first of a group waits for the last. */
const groupMax = 256;

/** A checkpoint after so many requests keeps the log at some megabytes. */
const requestsPerCheckpoint = 400;

class Writer {
  readonly #port: MessagePort;
  readonly #connection: SqliteConnection;
  readonly #groups: GroupCommit;
  readonly #waiting: (WriteRequest | 'close')[] = [];
  #isRunning = false;
  #sinceCheckpoint = 0;

  constructor(port: MessagePort, connection: SqliteConnection, groups: GroupCommit) {
    this.#port = port;
    this.#connection = connection;
    this.#groups = groups;
    port.on('message', (message: ToWriter) => {
      this.#queue(message);
      if (!this.#isRunning) void this.#runAll();
    });
  }

  async #runAll(): Promise<void> {
    this.#isRunning = true;
    for (;;) {
      const group = this.#nextGroup();
      if (group.length > 0) {
        const replies = await this.#groups.run(group);
        send(this.#port, { kind: 'replies', replies });
        this.#checkpointAfter(group.length);
      } else if (this.#waiting.length > 0) return this.#close();
      else break;
    }
    this.#isRunning = false;
  }

  #queue(message: ToWriter): void {
    if (message === 'close') this.#waiting.push(message);
    else this.#waiting.push(...message);
  }

  #nextGroup(): WriteRequest[] {
    while (this.#waiting.length < groupMax) {
      const received = receiveMessageOnPort(this.#port);
      if (received === undefined) break;
      this.#queue(received.message as ToWriter);
    }
    const group: WriteRequest[] = [];
    while (group.length < groupMax) {
      const next = this.#waiting[0];
      if (next === undefined || next === 'close') break;
      group.push(next);
      this.#waiting.shift();
    }
    return group;
  }

  #checkpointAfter(requestCount: number): void {
    this.#sinceCheckpoint += requestCount;
    if (this.#sinceCheckpoint < requestsPerCheckpoint) return;
    this.#sinceCheckpoint = 0;
    this.#groups.checkpoint();
  }

  #close(): void {
    try {
      this.#connection.close();
    } finally {
      send(this.#port, { kind: 'closed' });
      this.#port.close();
    }
  }
}

async function open(port: MessagePort, setup: WriterSetup): Promise<void> {
  let connection: SqliteConnection | undefined;
  try {
    connection = openForWriting(setup.path, setup.pagesMax);
    if (setup.isChecked) checkIntegrity(connection);
    await openSchema(connection, setup.schema);
    const { sql } = kyselyOver(connection);
    const groups = new GroupCommit(connection, sql);
    new Writer(port, connection, groups);
    send(port, { kind: 'open' });
    // What processes that were killed left in the log: lives too short to reach a checkpoint of
    // their own would let it grow, and every start reads all of it.
    groups.checkpoint();
  } catch (error) {
    const name = error instanceof Error ? error.name : 'Error';
    send(port, { kind: 'not-open', name, message: messageOf(error) });
    connection?.close();
    port.close();
  }
}

function send(port: MessagePort, message: FromWriter): void {
  port.postMessage(message);
}

if (parentPort !== null) void open(parentPort, workerData as WriterSetup);
