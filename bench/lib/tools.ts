/** The programs a measurement needs besides npm, and what to do when one is missing. */
import { spawnSync } from 'node:child_process';
import { accessSync, constants, existsSync } from 'node:fs';
import { join, resolve } from 'node:path';

/** Debian packages by program. */
const packages = {
  nginx: 'nginx-light',
  caddy: 'caddy',
  haproxy: 'haproxy',
  wrk: 'wrk',
  h2load: 'nghttp2-client',
  taskset: 'util-linux',
  cc: 'gcc libc6-dev libssl-dev',
} as const;

/** Too heavy, with 370 packages, for everyone who works on this one. */
const azuritePlace = 'node_modules/.cache/azurite';

export type Tool = keyof typeof packages | 'azurite' | 'node';

export function findTool(name: Tool): string | undefined {
  // The very runtime that measures.
  if (name === 'node') return process.execPath;
  const own = resolve(import.meta.dirname, '../..', azuritePlace, 'node_modules/.bin');
  const folders = [...(process.env.PATH ?? '').split(':'), '/usr/sbin', '/sbin', own];
  return folders.map((folder) => join(folder, name)).find(isExecutable);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** What to install for those that are missing; `undefined` when all are there. */
export function adviseMissing(tools: readonly Tool[]): string | undefined {
  const missing = tools.filter((tool) => findTool(tool) === undefined);
  if (missing.length === 0) return undefined;
  const debian = missing.flatMap((tool) =>
    tool === 'azurite' || tool === 'node' ? [] : [packages[tool]],
  );
  const commands = [
    ...(debian.length > 0 ? [`apt-get install --no-install-recommends ${debian.join(' ')}`] : []),
    ...(missing.includes('azurite') ? [`npm install --prefix ${azuritePlace} azurite`] : []),
  ];
  return `missing ${missing.join(', ')}: ${commands.join('; ')}`;
}

/** Compiles a C source of this folder into `folder`, once. */
export function compile(source: 'tls-load' | 'loopback-names', folder: string): string {
  const isLibrary = source === 'loopback-names';
  const output = join(folder, isLibrary ? `${source}.so` : source);
  if (existsSync(output)) return output;
  const libraries = isLibrary ? ['-ldl'] : ['-lssl', '-lcrypto', '-lpthread'];
  const flags = isLibrary ? ['-shared', '-fPIC'] : [];
  const input = resolve(import.meta.dirname, `${source}.c`);
  const { status, stderr } = spawnSync('cc', ['-O2', ...flags, '-o', output, input, ...libraries], {
    encoding: 'utf8',
  });
  if (status !== 0) {
    throw new Error(`cc ${source}.c: ${stderr}\napt-get install ${packages.cc}`);
  }
  return output;
}
