/** What Debian 12 has to have installed. A package that is missing is a failure, never a skip. */
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { programs as postgresPrograms } from './postgres.ts';

/** A program of each package, which tells whether it is there. */
const packages: Readonly<Record<string, string>> = {
  'postgresql-15': join(postgresPrograms, 'postgres'),
  radosgw: 'radosgw',
  'ceph-mon': 'ceph-mon',
  'ceph-osd': 'ceph-osd',
  'ceph-common': 'radosgw-admin',
};

export const packageNames = Object.keys(packages);

/** A sentence that says what to install; `undefined` when nothing is missing. */
export function missingPackages(path = process.env.PATH ?? ''): string | undefined {
  const missing = Object.entries(packages)
    .filter(([, program]) => !isThere(program, path))
    .map(([name]) => name);
  if (missing.length === 0) return undefined;
  const names = missing.join(' ');
  return `Packages are missing here: "apt-get install --no-install-recommends ${names}" on Debian 12.`;
}

function isThere(program: string, path: string): boolean {
  const places = program.startsWith('/')
    ? [program]
    : path.split(delimiter).map((folder) => join(folder, program));
  return places.some((place) => {
    try {
      accessSync(place, constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}
