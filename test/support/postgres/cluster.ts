/**
 * PostgreSQL servers that a test may kill: a primary, standbys made from it, promotion. Nothing is
 * hidden in a container: these are the programs and files an operator works with.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import {
  appendFile,
  chmod,
  chown,
  cp,
  mkdir,
  readdir,
  readFile,
  writeFile,
} from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import { administer } from '../postgres.ts';
import { type Programs, runProgram } from './programs.ts';

const password = randomBytes(12).toString('hex');
const startWithinMs = 30_000;

export interface ClusterServer {
  readonly pid: number;
  readonly port: number;
  readonly folder: string;
  readonly url: string;
  /** SIGKILL to the server and all processes of it, as if its machine had lost power. */
  kill(): Promise<void>;
  /** Ends it in order. */
  stop(): Promise<void>;
}

export interface ServerOptions {
  readonly programs: Programs;
  /** Data is made below it. */
  readonly folder: string;
  readonly name: string;
  readonly port?: number;
  /** Settings of postgresql.conf, for this server and those copied from it. */
  readonly settings?: readonly string[];
}

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, 'close');
  return port;
}

/** A new database server that takes writes. */
export async function startPrimary(options: ServerOptions): Promise<ClusterServer> {
  const { programs, folder, name } = options;
  const data = join(folder, name);
  const passwordFile = join(folder, 'password');
  await writeFile(passwordFile, password);
  await own(programs, passwordFile);
  await runProgram(programs, 'initdb', [
    ...['-D', data, '-U', 'postgres', '-A', 'scram-sha-256', '--pwfile', passwordFile],
    ...['--encoding=UTF8', '--locale=C', '--no-sync'],
  ]);
  const settings = ['unix_socket_directories = ', 'max_connections = 100', 'jit = off'];
  const replicating = ['wal_level = replica', 'wal_keep_size = 256MB', 'max_wal_senders = 8'];
  const lines = [...settings, ...replicating, ...(options.settings ?? [])];
  await appendFile(join(data, 'postgresql.conf'), `${lines.map(quote).join('\n')}\n`);
  return await start(options, data);
}

function quote(setting: string): string {
  const [name, value = ''] = setting.split(/ = ?/);
  return `${name} = '${value}'`;
}

/** A hot standby of `primary`; resolves when it follows, and commits wait for it. */
export async function startStandby(
  primary: ClusterServer,
  options: ServerOptions,
): Promise<ClusterServer> {
  const { programs, folder, name } = options;
  const data = join(folder, name);
  const from = new URL(primary.url);
  const connection =
    `host=127.0.0.1 port=${from.port} user=postgres password=${password} ` +
    `application_name=${name}`;
  if (existsSync(join(programs.folder, 'pg_basebackup'))) {
    const environment = { PGPASSWORD: password };
    const place = ['-h', '127.0.0.1', '-p', from.port, '-U', 'postgres', '-D', data];
    await runProgram(programs, 'pg_basebackup', [...place, '-c', 'fast', '-N'], environment);
  } else {
    await copyData(primary, data);
    await ownAll(programs, data);
  }
  await writeFile(join(data, 'standby.signal'), '');
  await appendFile(join(data, 'postgresql.auto.conf'), `primary_conninfo = '${connection}'\n`);
  await own(programs, join(data, 'standby.signal'));
  const standby = await start(options, data);
  await administer(primary.url, "alter system set synchronous_standby_names = '*'");
  await administer(primary.url, 'select pg_reload_conf()');
  const asked = "select 1 from pg_stat_replication where sync_state = 'sync'";
  await until(async () => (await administer(primary.url, asked)).rowCount === 1, 'a standby');
  return standby;
}

/** The file copy of the manual's chapter "Making a Base Backup Using the Low Level API". */
async function copyData(primary: ClusterServer, data: string): Promise<void> {
  const client = new pg.Client({ connectionString: primary.url });
  await client.connect();
  try {
    await client.query("select pg_backup_start('standby', true)");
    const skipped = /\/(postmaster\.(pid|opts)|pg_wal\/.+|pgsql_tmp.*)$/;
    await cp(primary.folder, data, {
      recursive: true,
      filter: (path) => !skipped.test(path.slice(primary.folder.length)),
    });
    const { rows } = await client.query('select labelfile from pg_backup_stop(false)');
    await writeFile(join(data, 'backup_label'), rows[0].labelfile);
  } finally {
    await client.end();
  }
  await mkdir(join(data, 'pg_wal'), { recursive: true });
  await chmod(data, 0o700);
}

/** Makes a standby the primary; it waits for no standby of its own until it has one. */
export async function promote(standby: ClusterServer): Promise<void> {
  await administer(standby.url, 'select pg_promote(true, 30)');
  await administer(standby.url, "alter system set synchronous_standby_names = ''");
  await administer(standby.url, 'select pg_reload_conf()');
}

async function start(options: ServerOptions, data: string): Promise<ClusterServer> {
  const port = options.port ?? (await freePort());
  const { folder, environment, account } = options.programs;
  const child = spawn(join(folder, 'postgres'), ['-D', data, '-h', '127.0.0.1', '-p', `${port}`], {
    env: { PATH: process.env.PATH ?? '', LC_ALL: 'C', ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
    cwd: '/',
    ...account,
  });
  const ended = once(child, 'close');
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output = (output + text).slice(-8_000);
    });
  }
  const url = `postgres://postgres:${password}@127.0.0.1:${port}/postgres`;
  const isUp = async (): Promise<boolean> => {
    if (child.exitCode !== null) throw new Error(`PostgreSQL did not start: ${output}`);
    return await administer(url, 'select 1').then(
      () => true,
      () => false,
    );
  };
  await until(isUp, 'a server that answers');
  return {
    pid: child.pid ?? 0,
    port,
    folder: data,
    url,
    kill: () => killAll(child, ended),
    async stop() {
      child.kill('SIGINT');
      await ended;
    },
  };
}

async function killAll(child: ChildProcess, ended: Promise<unknown>): Promise<void> {
  // The children first would let the server start them again.
  const children = await childrenOf(child.pid ?? 0);
  child.kill('SIGKILL');
  for (const pid of children) {
    try {
      process.kill(pid, 'SIGKILL');
    } catch {
      // It noticed that its server is gone and went before.
    }
  }
  await ended;
}

/** Where there is no /proc the processes notice by themselves that their server is gone. */
async function childrenOf(parent: number): Promise<number[]> {
  const path = `/proc/${parent}/task/${parent}/children`;
  if (!existsSync(path)) return [];
  return (await readFile(path, 'utf8')).split(' ').filter(Boolean).map(Number);
}

async function own({ account }: Programs, path: string): Promise<void> {
  await chmod(path, 0o600);
  if (account !== undefined) await chown(path, account.uid, account.gid);
}

async function ownAll({ account }: Programs, folder: string): Promise<void> {
  if (account === undefined) return;
  await chown(folder, account.uid, account.gid);
  for (const entry of await readdir(folder, { recursive: true })) {
    await chown(join(folder, entry), account.uid, account.gid);
  }
}

async function until(holds: () => Promise<boolean>, what: string): Promise<void> {
  const end = performance.now() + startWithinMs;
  while (!(await holds())) {
    if (performance.now() > end) throw new Error(`There is not ${what} in time.`);
    await delay(20);
  }
}
