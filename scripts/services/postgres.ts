/** Debian's PostgreSQL 15 with a cluster of its own; the one the package made is let alone. */
import { randomBytes } from 'node:crypto';
import { chown, mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { programsVariable } from '../../test/support/postgres/programs.ts';
import { administer } from '../../test/support/postgres.ts';
import { type Daemon, freePort, runProgram, startDaemon } from './daemon.ts';

export const programs = '/usr/lib/postgresql/15/bin';
/** The server refuses to run as root. */
const accountName = 'postgres';
const startsWithinMs = 60_000;

export interface Service {
  readonly daemons: readonly Daemon[];
  /** What the suites find it by. */
  readonly environment: Readonly<Record<string, string>>;
  /** For people. */
  readonly version: string;
}

/** `started` hears of each daemon as soon as there is something to be put away. */
export async function startPostgres(
  folder: string,
  started: (daemon: Daemon) => void,
): Promise<Service> {
  const account = process.getuid?.() === 0 ? accountName : undefined;
  await mkdir(folder, { recursive: true });
  if (account !== undefined) await giveTo(account, folder);
  const password = randomBytes(12).toString('hex');
  const passwordFile = join(folder, 'password');
  await writeFile(passwordFile, password, { mode: 0o600 });
  if (account !== undefined) await giveTo(account, passwordFile);
  const data = join(folder, 'data');
  const named = [`--pgdata=${data}`, '--username=postgres', `--pwfile=${passwordFile}`];
  const how = ['--auth=scram-sha-256', '--encoding=UTF8', '--locale=C', '--no-sync'];
  await runProgram(join(programs, 'initdb'), [...named, ...how], { account });
  await rm(passwordFile);
  const port = await freePort();
  // No suite here kills this server, so nothing of it need survive a power cut.
  const hasty = ['fsync=off', 'full_page_writes=off'];
  const settings = [...hasty, 'max_connections=400', 'unix_socket_directories='];
  const daemon = startDaemon({
    name: 'PostgreSQL',
    program: join(programs, 'postgres'),
    args: ['-D', data, '-h', '127.0.0.1', '-p', `${port}`, ...settings.flatMap((s) => ['-c', s])],
    account,
    // A fast shutdown: open transactions are rolled back.
    signal: 'SIGINT',
  });
  started(daemon);
  const url = `postgres://postgres:${password}@127.0.0.1:${port}/postgres`;
  await daemon.until(() => administer(url, 'select 1'), startsWithinMs);
  const { rows } = await administer(url, 'show server_version');
  return {
    daemons: [daemon],
    environment: { CNAMED_TEST_POSTGRES_URL: url, [programsVariable]: programs },
    version: `PostgreSQL ${rows[0]?.server_version}`,
  };
}

async function giveTo(account: string, path: string): Promise<void> {
  const ask = async (flag: string) => Number(await runProgram('id', [flag, account]));
  await chown(path, await ask('-u'), await ask('-g'));
}
