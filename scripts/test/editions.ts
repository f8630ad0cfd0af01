/**
 * Which suites run on which editions of the server (test/support/editions.ts). Facts decide, read
 * from what a suite imports, so that no list can forget one:
 *
 * - a suite that starts its servers of the edition under test runs on every edition;
 * - one that starts none, or brings a database or store server itself (the rooms, the contract
 *   suites, stories of several nodes) is the same on all of them, and runs once;
 * - the exceptions are named below, each with its reason.
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

const full = nameOf({ database: 'postgres', objects: 's3' });

/** Suites that start servers of the edition under test, and yet are about the embedded engines. */
export const embeddedOnly: Readonly<Record<string, string>> = {
  'test/life/full-disk.test.ts': 'The volume and the SQLite file that run full are local ones.',
  'test/life/lifecycle.test.ts': 'Only there the lease of a run goes by the clock of the test.',
};

/**
 * Suites that cost much and learn little from one engine beside another: `npm test` runs them on
 * the embedded edition and on PostgreSQL with S3. `--edition` runs them on whichever it names.
 */
export const bothEnds: Readonly<Record<string, string>> = {
  'test/api/bucket/audit-buckets.test.ts':
    'Buckets and their documents are no objects: one database each.',
  'test/api/bucket/buckets.test.ts':
    'Buckets and their documents are no objects: one database each.',
  'test/api/bucket/cors.test.ts': 'Buckets and their documents are no objects: one database each.',
  'test/api/bucket/named-documents.test.ts':
    'Buckets and their documents are no objects: one database each.',
  'test/api/bucket/not-there.test.ts':
    'Buckets and their documents are no objects: one database each.',
  'test/api/bucket/properties.test.ts':
    'Buckets and their documents are no objects: one database each.',
  'test/api/bucket/referer.test.ts':
    'Buckets and their documents are no objects: one database each.',
  'test/api/bucket/restrictions.test.ts':
    'Buckets and their documents are no objects: one database each.',
  'test/api/client/client.test.ts': 'The five operations touch objects nowhere: one database each.',
  'test/api/clients/addressing-quirks.test.ts':
    'Ways to name a bucket; what is found there is one object.',
  'test/api/clients/ali-oss-cname.test.ts':
    'The five operations touch objects nowhere: one database each.',
  'test/api/clients/conformance.test.ts': 'The time goes into the client and its many ways.',
  'test/api/clients/errors-on-the-wire.test.ts':
    'Most of the requests are refused before any engine is asked.',
  'test/api/clients/robots.test.ts':
    'The five operations touch objects nowhere: one database each.',
  'test/api/clients/wire-quirks.test.ts': 'Forms of requests; what they ask for is one object.',
  'test/api/cname/answers.test.ts': 'The five operations touch objects nowhere: one database each.',
  'test/api/cname/audit-cname.test.ts':
    'The five operations touch objects nowhere: one database each.',
  'test/api/cname/documents.test.ts':
    'The five operations touch objects nowhere: one database each.',
  'test/api/cname/operator-lists.test.ts':
    'The five operations touch objects nowhere: one database each.',
  'test/api/cname/proof-sentences.test.ts':
    'The five operations touch objects nowhere: one database each.',
  'test/api/http/http2.test.ts': 'Streams; what they ask for is one object.',
  'test/api/http/probes.test.ts': 'Most of the requests are refused before any engine is asked.',
  'test/api/kept-certificates.test.ts': 'Contexts are kept in memory, whatever they are read from.',
  'test/api/object/routing-rules.test.ts':
    'Rules of a document; they look for the head of an object.',
  'test/api/rights/decisions.test.ts': 'The rules know no engine, and bring them the same rows.',
  'test/api/rights/policies.test.ts': 'The rules know no engine, and bring them the same rows.',
  'test/api/service/audit-signatures.test.ts': 'Signatures; what they are of is one object.',
  'test/api/service/list-buckets.test.ts':
    'Buckets and their documents are no objects: one database each.',
  'test/api/sts/ali-oss.test.ts': 'Signatures and tokens; nothing is kept.',
  'test/api/sts/sts.test.ts': 'Signatures and tokens; nothing is kept.',
  'test/api/sts/temporary-credentials.test.ts': 'Signatures and tokens; nothing is kept.',
  'test/api/unknown-hosts.test.ts': 'Names that no engine has: one database each.',
  'test/life/browser-sdk.test.ts': 'The time goes into the browser.',
  'test/life/browser.test.ts': 'The time goes into the browser.',
  'test/life/check-list-changes.test.ts': 'Handshakes and pages in memory: one database each.',
  'test/life/check-list-listing.test.ts': 'One document, in many ways: one database each.',
  'test/life/check-list-serving.test.ts': 'Handshakes and pages in memory: one database each.',
  'test/life/check-list.test.ts': 'The five operations touch objects nowhere: one database each.',
  'test/life/cli-examples.test.ts': 'The time goes into starting commands.',
  'test/life/cli-rights.test.ts': 'The time goes into starting commands.',
  'test/life/cli.test.ts': 'The time goes into starting commands; each engine is met at one end.',
  'test/life/connection-caps.test.ts': 'Connections, of which most ask for nothing.',
  'test/life/crowd.test.ts': 'The time goes into connections.',
  'test/life/dns-misbehaviours.test.ts': 'The time goes into DNS.',
  'test/life/draining.test.ts': 'Connections that end; what they ask for is one object.',
  'test/life/fuzz.test.ts': 'Most of the requests are refused before any engine is asked.',
  'test/life/https-config.test.ts': 'Handshakes and pages in memory: one database each.',
  'test/life/kills.test.ts': 'Starts of processes; larger campaigns kill servers of each kind.',
  'test/life/large.test.ts': 'Bytes and kills; each engine is met at one end.',
  'test/life/restart.test.ts': 'Twenty starts of processes; each engine is met at one end.',
  'test/life/rotation.test.ts': 'The time goes into handshakes.',
  'test/life/secrets.test.ts': 'Starts of processes; each engine is met at one end.',
  'test/life/soak.test.ts': 'The time goes into everything at once.',
  'test/life/tls-tenants.test.ts': 'Handshakes and pages in memory: one database each.',
  'test/life/workers.test.ts': 'Starts of processes; each engine is met at one end.',
};

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

/** Editions that the suite can be run on, and those that it is run on when nobody names any. */
export function editionsOf(suite: string): {
  possible: readonly string[];
  usual: readonly string[];
} {
  const reached = reachedFrom(resolve(root, suite));
  const bringsOwn = bringers.some((path) => reached.has(path));
  if (!reached.has(sourceOfEditions) || bringsOwn || embeddedOnly[suite] !== undefined) {
    return { possible: [embedded], usual: [embedded] };
  }
  const usual = bothEnds[suite] === undefined ? editions : [embedded, full];
  return { possible: editions, usual };
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
