/**
 * What mapped domains cost where they are kept: bytes by table and index, levels of the indexes,
 * look-ups, back-ups; on both engines, without a server in front.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, statSync } from 'node:fs';
import { chmod, mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { startPrimary } from '../test/support/postgres/cluster.ts';
import { installedPrograms, preparePrograms } from '../test/support/postgres/programs.ts';
import { administer } from '../test/support/postgres.ts';
import { domainOf, fill, openEngine, type Place } from './fill.ts';
import type { Bench } from './lib/bench.ts';
import { createBenchAuthority } from './lib/certificates.ts';
import { bucketPrefix } from './lib/field.ts';
import { pinServer } from './lib/processes.ts';
import { median, type Report, round } from './lib/report.ts';

/** The default quota. */
const domainsPerBucket = 100;
const lookups = 500;
const mebibyte = 1024 ** 2;
const accountId = '1000000000000001';

/** A table without its indexes, or an index. */
interface Part {
  readonly name: string;
  readonly bytes: number;
  /** From the root of its tree to the leaves; 0 when it is no tree. */
  readonly levels: number;
}

interface Weighed {
  readonly engine: string;
  readonly count: number;
  readonly perSecond: number;
  readonly parts: readonly Part[];
  readonly warmMs: number;
  readonly cold: string;
  readonly backup: string;
  readonly restored: string;
  /** Bytes of the log that replicas and archives get, for each domain mapped. */
  readonly log: string;
}

export const storage: Bench = {
  name: 'storage',
  about: 'bytes, index levels, look-ups and back-up of 10,000 and 100,000 domains on both engines',
  tools: [],
  isOnRequest: true,
  isOneRun: true,
  async run({ folder, isQuick, log }) {
    const all: Weighed[] = [];
    for (const count of isQuick ? [200, 500] : [10_000, 100_000]) {
      for (const weigh of [weighSqlite, weighPostgres]) {
        const weighed = await weigh(join(folder, `${weigh.name}-${count}`), count);
        log(`${weighed.engine}, ${count}: ${round(bytesOf(weighed) / count)} bytes a domain`);
        all.push(weighed);
      }
    }
    return [overview(all), byPart(all.slice(-2))];
  },
};

const bytesOf = ({ parts }: Weighed) => parts.reduce((sum, { bytes }) => sum + bytes, 0);

async function fillPlace(place: Place, count: number): Promise<number> {
  const engine = await openEngine(place);
  const createdAt = Date.now();
  const standing = 'active';
  const account = { id: accountId, name: 'bench', standing, createdAt } as const;
  const accessKeyId = 'LTAIBenchRootKey00000000';
  const credential = { accessKeyId, accountId, secretSealed: '', standing, createdAt } as const;
  await engine.accounts.createAccount(account, credential);
  await engine.close();
  const authority = createBenchAuthority(Date.now());
  return await fill({ ...place, count, bucketPrefix, accountId, domainsPerBucket, authority });
}

/** Mapping and certificate of names taken evenly from all, each asked for the first time. */
async function lookUp(place: Place, count: number): Promise<number[]> {
  const engine = await openEngine(place);
  const times: number[] = [];
  for (let look = 0; look < lookups; look++) {
    // 7,919 is prime: neighbours in time are far apart in the index.
    const number = (Math.floor((look * count) / lookups) + look * 7_919) % count;
    const startedAt = performance.now();
    const found = await engine.cnames.findDomain(domainOf(number));
    await engine.certificates.findCertificate(found?.cname.binding?.certificateNumber ?? 0);
    times.push(performance.now() - startedAt);
  }
  await engine.close();
  return times.sort((one, other) => one - other);
}

async function weighSqlite(dataDir: string, count: number): Promise<Weighed> {
  await mkdir(dataDir, { recursive: true });
  const seconds = await fillPlace({ dataDir }, count);
  const path = join(dataDir, 'cnamed.sqlite');
  const parts = partsOfSqlite(path);
  // Lets go of what the system keeps of the file in memory.
  spawnSync('dd', [`if=${path}`, 'iflag=nocache', 'count=0'], { stdio: 'ignore' });
  const cold = await lookUp({ dataDir }, count);
  const warm = await lookUp({ dataDir }, count);
  const copy = join(dataDir, 'copy.sqlite');
  const database = new Database(path);
  const startedAt = performance.now();
  await database.backup(copy);
  database.close();
  const backup = toldBackup(performance.now() - startedAt, copy);
  await rm(dataDir, { recursive: true, force: true });
  const coldTold = `${round(median(cold))} ms, ${round(cold[Math.floor(lookups * 0.99)] ?? 0)} ms`;
  const perSecond = count / seconds;
  return {
    engine: 'SQLite',
    count,
    perSecond,
    parts,
    warmMs: median(warm),
    cold: coldTold,
    backup,
    restored: 'a copy of the file',
    log: '',
  };
}

/** By the virtual table `dbstat`, which knows each page and its path from the root of its tree. */
export function partsOfSqlite(path: string): Part[] {
  const database = new Database(path);
  const levels = "max(case when path like '%+%' then 0 else length(path) end)";
  const rows = database
    .prepare(`select name, sum(pgsize) as bytes, ${levels} as deepest from dbstat group by name`)
    .all() as { name: string; bytes: number; deepest: number }[];
  const owners = new Map(
    (
      database.prepare("select name, tbl_name from sqlite_schema where type = 'index'").all() as {
        name: string;
        tbl_name: string;
      }[]
    ).map(({ name, tbl_name: table }) => [name, table]),
  );
  database.close();
  // A path is "/" for the root, and four characters more for each level below it.
  const levelsOf = (deepest: number) => 1 + Math.round((deepest - 1) / 4);
  return rows.map(({ name, bytes, deepest }) => ({
    name: name.startsWith('sqlite_autoindex_') ? `${owners.get(name)}, key` : name,
    bytes,
    levels: levelsOf(deepest),
  }));
}

async function weighPostgres(folder: string, count: number): Promise<Weighed> {
  await mkdir(folder, { recursive: true });
  // PostgreSQL runs as an account of its own.
  for (const path of [join(folder, '..'), folder]) await chmod(path, 0o755);
  const programs = preparePrograms(folder, installedPrograms());
  const server = await startPrimary({ programs, folder, name: 'data' });
  try {
    pinServer(server.pid);
    await administer(server.url, 'create database bench template template0');
    const url = new URL(server.url);
    url.pathname = '/bench';
    const place = { dataDir: folder, databaseUrl: url.href };
    await (await openEngine(place)).close();
    const written = `select pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0')::float8 as bytes`;
    const before = (await administer(url.href, written)).rows[0].bytes;
    const seconds = await fillPlace(place, count);
    const after = (await administer(url.href, written)).rows[0].bytes;
    await administer(url.href, 'vacuum analyze');
    const parts = await partsOfPostgres(url.href);
    await lookUp(place, count);
    const warm = await lookUp(place, count);
    return {
      engine: 'PostgreSQL',
      count,
      perSecond: count / seconds,
      parts,
      warmMs: median(warm),
      cold: '',
      ...(await dumpAndRestore(programs.folder, url.href, join(folder, 'copy.dump'))),
      log: round((after - before) / count),
    };
  } finally {
    await server.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

/** Empty where the programs are not: the package of the tests has no more than the server. */
async function dumpAndRestore(
  programs: string,
  url: string,
  copy: string,
): Promise<{ backup: string; restored: string }> {
  const dump = join(programs, 'pg_dump');
  if (!existsSync(dump)) return { backup: '', restored: '' };
  const dumpedAt = performance.now();
  spawnSync(dump, ['-Fc', '-f', copy, '-d', url]);
  const backup = toldBackup(performance.now() - dumpedAt, copy);
  await administer(url, 'create database restored template template0');
  const target = new URL(url);
  target.pathname = '/restored';
  const restoredAt = performance.now();
  const { status } = spawnSync(join(programs, 'pg_restore'), ['-d', target.href, copy]);
  const restored = `${round((performance.now() - restoredAt) / 1_000)} s`;
  return { backup, restored: status === 0 ? restored : 'failed' };
}

async function partsOfPostgres(url: string): Promise<Part[]> {
  // Debian's server has it, that of the package has not.
  const hasLevels = await administer(url, 'create extension if not exists pageinspect').then(
    () => true,
    () => false,
  );
  const levels = hasLevels
    ? `case when relkind = 'i' then (select level + 1 from bt_metap(relname::text)) else 0 end`
    : '0';
  const { rows } = await administer(
    url,
    `select relname as name, pg_table_size(oid)::float8 as bytes, ${levels}::int as levels
     from pg_class where relkind in ('r', 'i') and relnamespace = 'public'::regnamespace`,
  );
  return rows as Part[];
}

function toldBackup(ms: number, path: string): string {
  return `${round(ms / 1_000)} s, ${round(statSync(path).size / mebibyte)} MiB`;
}

function overview(all: readonly Weighed[]): Report {
  return {
    title: 'What mapped domains take',
    head: [
      ...['engine', 'domains', 'in all', 'bytes a domain', 'mapped a second', 'look-up'],
      ...['look-up from the disk: median, 99 of 100', 'back-up', 'restored in', 'bytes of log'],
    ],
    rows: all.map((each) => [
      each.engine,
      each.count.toLocaleString('en'),
      `${round(bytesOf(each) / mebibyte)} MiB`,
      round(bytesOf(each) / each.count),
      round(each.perSecond),
      `${round(each.warmMs)} ms`,
      each.cold,
      each.backup,
      each.restored,
      each.log,
    ]),
    notes: [
      'Each domain has a certificate of its own (ECDSA P-256, a chain of two, 1.3 KB of PEM) with ' +
        'its sealed key, one entry of the audit and one of the feed of changes; a hundred share ' +
        'a bucket. A look-up reads mapping, bucket and certificate. Back-up: of SQLite the online ' +
        'back-up, of PostgreSQL `pg_dump -Fc`, which packs and leaves indexes out. Log: ' +
        'what a replica or an archive is sent for each domain mapped.',
    ],
  };
}

export function byPart(all: readonly Pick<Weighed, 'engine' | 'count' | 'parts'>[]): Report {
  const rows = all.flatMap(({ engine, count, parts }) =>
    parts
      .filter(({ bytes }) => bytes / count >= 10)
      .sort((one, other) => other.bytes - one.bytes)
      .map(({ name, bytes, levels }) => [
        engine,
        name,
        round(bytes / count),
        levels > 0 ? String(levels) : '',
      ]),
  );
  const count = all[0]?.count.toLocaleString('en') ?? '';
  return {
    title: `Tables and indexes with ${count} domains`,
    head: ['engine', 'table or index', 'bytes a domain', 'levels'],
    rows,
    notes: [],
  };
}
