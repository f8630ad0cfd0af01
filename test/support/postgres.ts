/**
 * A PostgreSQL server for tests: the one named by CNAMED_TEST_POSTGRES_URL (the test run starts one
 * for all its suites), or one of our own for the process that asks.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { resolve } from 'node:path';
import pg from 'pg';

export const postgresVariable = 'CNAMED_TEST_POSTGRES_URL';

const keeper = resolve(import.meta.dirname, 'postgres/keeper.ts');

export interface TestPostgres {
  /** Of a database that is there, for an account that may make others. */
  readonly url: string;
  /** A new empty database; returns its address. */
  createDatabase(): Promise<string>;
  /** Removes what was made here, and the server if it was started here. */
  stop(): Promise<void>;
}

/** Starts a server of the package, or joins the one named by the environment. */
export async function startTestPostgres(): Promise<TestPostgres> {
  const named = process.env[postgresVariable];
  const own = named ? undefined : await startKeeper();
  const url = named || (own?.url ?? '');
  const made: string[] = [];
  return {
    url,
    async createDatabase() {
      const name = `cnamed_test_${randomBytes(8).toString('hex')}`;
      made.push(name);
      await administer(url, `create database ${name} template template0`);
      const address = new URL(url);
      address.pathname = `/${name}`;
      return address.href;
    },
    async stop() {
      if (own !== undefined) return own.stop();
      for (const name of made) await administer(url, `drop database ${name} with (force)`);
    },
  };
}

/** One statement on a connection of its own. */
export async function administer(url: string, text: string): Promise<pg.QueryResult> {
  const client = new pg.Client({ connectionString: url });
  client.on('error', () => {});
  await client.connect();
  try {
    return await client.query(text);
  } finally {
    await client.end();
  }
}

/** The server ends with this process at the latest: it watches the pipe between them. */
export async function startKeeper(): Promise<{ url: string; stop(): Promise<void> }> {
  const child = spawn(process.execPath, [keeper], {
    stdio: ['pipe', 'pipe', 'pipe'],
    // In a group of its own: a signal to ours must not end the server before it is put away.
    detached: true,
  });
  const url = await firstLine(child);
  child.unref();
  for (const stream of [child.stdin, child.stdout, child.stderr]) {
    (stream as unknown as { unref?(): void } | null)?.unref?.();
  }
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  return {
    url,
    async stop() {
      child.ref();
      child.stdin?.end();
      await ended;
    },
  };
}

function firstLine(child: ChildProcess): Promise<string> {
  let output = '';
  let complaints = '';
  return new Promise((resolve, reject) => {
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      complaints += text;
    });
    child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      output += text;
      const end = output.indexOf('\n');
      if (end !== -1) resolve(output.slice(0, end));
    });
    child.once('error', reject);
    child.once('exit', () => reject(new Error(`No PostgreSQL server: ${complaints}`)));
  });
}
