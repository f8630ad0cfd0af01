/**
 * Nodes over one PostgreSQL database and one S3 store, beside an embedded server: what they stand
 * on, and what each part of it costs.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { chmod, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { startCeph } from '../../scripts/services/ceph.ts';
import type { Daemon } from '../../scripts/services/daemon.ts';
import { startPrimary } from '../../test/support/postgres/cluster.ts';
import { installedPrograms, preparePrograms } from '../../test/support/postgres/programs.ts';
import { administer } from '../../test/support/postgres.ts';
import { s3TestKey, startS3Server } from '../../test/support/s3-server.ts';
import { type ServerProcess, startServerProcess } from '../../test/support/server-process.ts';
import { credentials } from './field.ts';
import { cpuSeconds } from './processes.ts';

type Settings = Readonly<Record<string, string>>;

/** What the nodes share. */
export interface Ground {
  /** Settings of a node, by variable name without the prefix. */
  readonly settings: Settings;
  /** For people: which database and which store. */
  readonly about: readonly string[];
  close(): Promise<void>;
}

const gateway = '/usr/bin/radosgw';

/**
 * PostgreSQL as the environment or Debian has it, else that of the package, with fsync; Ceph where
 * it is installed, else the S3 server of the tests.
 */
export async function openGround(folder: string): Promise<Ground> {
  const place = join(folder, 'postgres');
  await mkdir(place, { recursive: true });
  // PostgreSQL runs as an account of its own.
  for (const path of [join(folder, '..'), folder]) await chmod(path, 0o755);
  const programs = preparePrograms(place, installedPrograms());
  const database = await startPrimary({ programs, folder: place, name: 'data' });
  await administer(database.url, 'create database bench template template0');
  const url = new URL(database.url);
  url.pathname = '/bench';
  const shown = await administer(database.url, 'show server_version');
  const { server_version: version } = shown.rows[0] as { server_version: string };
  const store = existsSync(gateway) ? await openCeph(join(folder, 'ceph')) : await openTestStore();
  return {
    settings: {
      DATABASE_URL: url.href,
      MASTER_KEY_FILE: join(folder, 'master.key'),
      ...store.settings,
    },
    about: [`database: PostgreSQL ${version}, fsync on; store: ${store.about}`],
    async close() {
      await store.close();
      await database.stop();
    },
  };
}

interface Store {
  readonly settings: Settings;
  readonly about: string;
  close(): Promise<void>;
}

async function openCeph(folder: string): Promise<Store> {
  const daemons: Daemon[] = [];
  const { environment, version } = await startCeph(folder, (daemon) => daemons.push(daemon));
  return {
    settings: {
      OBJECT_STORE: `${environment.CNAMED_TEST_S3_URL}`,
      OBJECT_STORE_KEY_ID: environment.AWS_ACCESS_KEY_ID ?? '',
      OBJECT_STORE_KEY_SECRET: environment.AWS_SECRET_ACCESS_KEY ?? '',
    },
    about: `${version.replace(/ \(.*$/, '')}, radosgw, one OSD in memory`,
    async close() {
      for (const daemon of daemons.toReversed()) await daemon.stop();
    },
  };
}

/** In the process of the bench, whose CPU it takes. */
async function openTestStore(): Promise<Store> {
  const server = await startS3Server();
  return {
    settings: {
      OBJECT_STORE: `s3://bucket?endpoint=${server.url}`,
      OBJECT_STORE_KEY_ID: s3TestKey.accessKeyId,
      OBJECT_STORE_KEY_SECRET: s3TestKey.secretAccessKey,
    },
    about: 'the S3 server of the tests, in the process that makes the load',
    close: () => server.close(),
  };
}

/** Not pinned: nodes, database, store and load share what cores there are. */
export async function startNode(dataDir: string, settings: Settings): Promise<ServerProcess> {
  const more = { OWNERSHIP: 'off', CNAME_PER_BUCKET: '100000', LOG_LEVEL: 'warn' };
  const all = { ...more, ...settings };
  const node = await startServerProcess({ ...credentials, dataDir, settings: all });
  if (!node) throw new Error('the server was killed at its start');
  return node;
}

/** CPU seconds used so far by the parts of a cluster. */
export interface Spent {
  readonly nodes: number;
  readonly database: number;
  readonly store: number;
}

const partOf: Readonly<Record<string, 'database' | 'store'>> = {
  postgres: 'database',
  radosgw: 'store',
  'ceph-osd': 'store',
  'ceph-mon': 'store',
};

export function spentBy(nodes: readonly ServerProcess[]): Spent {
  const spent = { nodes: 0, database: 0, store: 0 };
  for (const { pid } of nodes) spent.nodes += cpuSeconds(pid);
  for (const pid of children()) {
    const part = partOf[nameOf(pid)];
    if (part) spent[part] += cpuSeconds(pid);
  }
  return spent;
}

/** The services are children of this process. */
function children(): number[] {
  return readdirSync('/proc/self/task').flatMap((thread) =>
    readFileSync(`/proc/self/task/${thread}/children`, 'utf8')
      .split(' ')
      .filter(Boolean)
      .map(Number),
  );
}

function nameOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/comm`, 'utf8').trim();
  } catch {
    // It has gone meanwhile.
    return '';
  }
}
