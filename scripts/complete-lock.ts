/**
 * Completes package-lock.json: `node scripts/complete-lock.ts`, after every change of a dependency.
 *
 * `npm ci` wants an entry for every optional dependency, those of other platforms too. Where the
 * registry at hand lacks the packages of some platforms, `npm install` leaves their entries out and
 * then `npm ci` refuses the lock file. The entries added here carry the exact version and the
 * platform, but no hash: nothing of them is fetched on a platform they are not for.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';

interface LockEntry {
  readonly version?: string;
  readonly dev?: boolean;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

const path = resolve(import.meta.dirname, '..', 'package-lock.json');
const lock: { packages: Record<string, LockEntry & Record<string, unknown>> } = JSON.parse(
  readFileSync(path, 'utf8'),
);

/** `@biomejs/cli-win32-x64` → win32, x64; undefined when the name does not tell. */
function platformOf(name: string): { os: string; cpu: string } | undefined {
  const found = /-(android|darwin|linux|win32)-(arm64|x64)(?:-musl)?$/.exec(name);
  return found?.[1] && found[2] ? { os: found[1], cpu: found[2] } : undefined;
}

for (const [parent, entry] of Object.entries(lock.packages)) {
  if (parent === '') continue;
  for (const [name, version] of Object.entries(entry.optionalDependencies ?? {})) {
    const place = `node_modules/${name}`;
    if (lock.packages[place]) continue;
    const platform = platformOf(name);
    if (!platform || !/^\d+\.\d+\.\d+$/.test(version)) {
      throw new Error(`${parent} wants ${name}@${version}, and its platform cannot be told.`);
    }
    lock.packages[place] = {
      version,
      cpu: [platform.cpu],
      ...(entry.dev ? { dev: true } : {}),
      optional: true,
      os: [platform.os],
      ...(name.endsWith('-musl') ? { libc: ['musl'] } : {}),
    };
    console.log(`added ${name}@${version}`);
  }
}
const ordered = Object.entries(lock.packages).sort(([a], [b]) => (a < b ? -1 : 1));
lock.packages = Object.fromEntries(ordered);
writeFileSync(path, `${JSON.stringify(lock, undefined, 2)}\n`);
