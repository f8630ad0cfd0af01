/**
 * Which suites run on which editions of the server (test/support/editions.ts). Facts decide, read
 * from what a suite imports, so that no list can forget one:
 *
 * - a suite that starts its servers of the edition under test runs on every edition;
 * - one that starts none, or brings a database or store server itself (the rooms, the contract
 *   suites, stories of several nodes) is the same on all of them, and runs once;
 * - the exceptions are below, each with its reason.
 */
import { existsSync, readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { databases, type Edition, objectStores } from '../../test/support/editions.ts';

export const root = resolve(import.meta.dirname, '../..');

/** `sqlite+files` first: the suites that run once run there. */
export const editions: readonly string[] = databases.flatMap((database) =>
  objectStores.map((objects) => nameOf({ database, objects })),
);
export const [embedded = ''] = editions;

/** Suites that do start servers of the edition under test, and yet do not run on all of them. */
export const exceptions: readonly {
  readonly suite: string;
  readonly editions: readonly string[];
  readonly because: string;
}[] = [];

export function nameOf({ database, objects }: Edition): string {
  return `${database}+${objects}`;
}

/** What the suites of this edition find in their environment. */
export function environmentOf(edition: string): Record<string, string> {
  const [database = '', objects = ''] = edition.split('+');
  return { CNAMED_TEST_DATABASE: database, CNAMED_TEST_OBJECTS: objects };
}

const sourceOfEditions = resolve(root, 'test/support/editions.ts');
const bringers = ['postgres.ts', 's3-server.ts'].map((name) => resolve(root, 'test/support', name));

/** Editions that the suite is run on. */
export function editionsOf(suite: string): readonly string[] {
  const exception = exceptions.find((each) => each.suite === suite);
  if (exception) return exception.editions;
  const reached = reachedFrom(resolve(root, suite));
  const isOfEdition = reached.has(sourceOfEditions);
  return isOfEdition && !bringers.some((path) => reached.has(path)) ? editions : [embedded];
}

/** Whether the suite may ask for PostgreSQL: of the edition, or by itself. */
export function usesPostgres(suite: string): boolean {
  const reached = reachedFrom(resolve(root, suite));
  return reached.has(sourceOfEditions) || bringers.some((path) => reached.has(path));
}

const importsOf = new Map<string, readonly string[]>();

/** Files of ours that this one imports, by itself or by others; not what the editions stand on. */
function reachedFrom(path: string, reached = new Set<string>()): Set<string> {
  if (reached.has(path)) return reached;
  reached.add(path);
  if (path === sourceOfEditions) return reached;
  let imported = importsOf.get(path);
  if (imported === undefined) {
    const specifiers = readFileSync(path, 'utf8').matchAll(/(?:from|import\(?) ?'(\.[^']+\.ts)'/g);
    imported = [...specifiers]
      .map(([, specifier = '']) => resolve(dirname(path), specifier))
      .filter((target) => target.startsWith(resolve(root, 'test')) && existsSync(target));
    importsOf.set(path, imported);
  }
  for (const target of imported) reachedFrom(target, reached);
  return reached;
}
