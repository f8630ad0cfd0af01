/**
 * Several nodes over one PostgreSQL database and one S3 store, with one master key and one root
 * key, each with a data folder of its own: servers in this process, or processes that can be killed
 * and started again.
 *
 *     const cluster = await startCluster({ notifications: 'dropped' });
 *     cluster.nodes[1].httpPort, cluster.nodes[1].rooms;
 *     await cluster.close();
 */
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadConfig } from '../../src/config/index.ts';
import { type Engines, openEngines } from '../../src/engines.ts';
import { realWorld, type World } from '../../src/world/index.ts';
import { run as runCommand } from '../life/cli-process.ts';
import { startDeafRelay } from './deafness.ts';
import { startTestPostgres } from './postgres.ts';
import { type S3TestServer, s3TestKey, startS3Server } from './s3-server.ts';
import { rootKey, startTestServer, type TestServer } from './server.ts';
import { type ServerProcess, startServerProcess } from './server-process.ts';
import type { TestCredentials } from './sign.ts';

export interface GroundOptions {
  /** More settings of every node, by variable name without the prefix. */
  readonly settings?: Readonly<Record<string, string>>;
  /**
   * `dropped`: the nodes reach PostgreSQL through a relay that loses every notification, so that
   * changes are found by asking alone (security.md 9.3).
   */
  readonly notifications?: 'sent' | 'dropped';
  /** `folder`: one folder that all nodes share, where objects are not what the test is about. */
  readonly objects?: 'store' | 'folder';
}

/** What the nodes of one cluster stand on. */
export interface ClusterGround {
  /** Of every node, by variable name without the prefix. */
  readonly settings: Readonly<Record<string, string>>;
  /** The database itself, past the relay. */
  readonly databaseUrl: string;
  /** The server of our own; `undefined` when the environment names a store, or for a folder. */
  readonly s3: S3TestServer | undefined;
  readonly folder: string;
  readonly credentials: { readonly accessKeyId: string; readonly accessKeySecret: string };
  /** How many notifications were lost. */
  droppedNotifications(): number;
  /** Call it when no node runs any more. */
  close(): Promise<void>;
}

/** An empty database and an empty part of a store. */
export async function openGround(options: GroundOptions = {}): Promise<ClusterGround> {
  const postgres = await startTestPostgres();
  const databaseUrl = await postgres.createDatabase();
  const deaf = options.notifications === 'dropped' ? await startDeafRelay(databaseUrl) : undefined;
  const folder = await mkdtemp(join(tmpdir(), 'cnamed-cluster-'));
  const { s3, settings } =
    options.objects === 'folder'
      ? { s3: undefined, settings: { OBJECT_STORE: `file://${join(folder, 'objects')}` } }
      : await openStore();
  return {
    settings: {
      DATABASE_URL: deaf?.url ?? databaseUrl,
      MASTER_KEY_FILE: join(folder, 'master.key'),
      ...settings,
      ...options.settings,
    },
    databaseUrl,
    s3,
    folder,
    credentials: rootKey,
    droppedNotifications: () => deaf?.dropped() ?? 0,
    async close() {
      await deaf?.relay.shut();
      await s3?.close();
      await postgres.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** The store that CNAMED_TEST_S3_URL names, with the AWS variables, or a server of our own. */
async function openStore(): Promise<{
  s3: S3TestServer | undefined;
  settings: Record<string, string>;
}> {
  const prefix = `prefix=cluster-${randomBytes(6).toString('hex')}/`;
  const named = process.env.CNAMED_TEST_S3_URL;
  if (named !== undefined) {
    const settings = {
      OBJECT_STORE: `${named}&${prefix}`,
      OBJECT_STORE_KEY_ID: process.env.AWS_ACCESS_KEY_ID ?? '',
      OBJECT_STORE_KEY_SECRET: process.env.AWS_SECRET_ACCESS_KEY ?? '',
    };
    return { s3: undefined, settings };
  }
  const s3 = await startS3Server();
  const settings = {
    OBJECT_STORE: `s3://bucket?endpoint=${s3.url}&${prefix}`,
    OBJECT_STORE_KEY_ID: s3TestKey.accessKeyId,
    OBJECT_STORE_KEY_SECRET: s3TestKey.secretAccessKey,
  };
  return { s3, settings };
}

export interface Cluster {
  readonly ground: ClusterGround;
  readonly nodes: readonly TestServer[];
  close(): Promise<void>;
}

export interface ClusterOptions extends GroundOptions {
  /** 3 when absent. */
  readonly count?: number;
  /** The world of each node; the real one when absent. */
  readonly worldOf?: (node: number) => World;
}

/** Nodes in this process. */
export async function startCluster(options: ClusterOptions = {}): Promise<Cluster> {
  const ground = await openGround(options);
  const nodes: TestServer[] = [];
  async function close(): Promise<void> {
    for (const node of nodes) await node.close();
    await ground.close();
  }
  try {
    for (let number = 0; number < (options.count ?? 3); number += 1) {
      const world = options.worldOf?.(number);
      const { settings } = ground;
      nodes.push(await startTestServer({ settings, ...(world ? { world } : {}) }));
    }
    return { ground, nodes, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/**
 * Starts one node as a process of its own, with the data folder of its number, so that it can be
 * killed and started again. `undefined` when it was killed before it was ready.
 */
export function startNodeProcess(
  ground: ClusterGround,
  number: number,
  options: {
    readonly killUnreadyAfterMs?: number;
    /** Of this node alone. */
    readonly settings?: Readonly<Record<string, string>>;
  } = {},
): Promise<ServerProcess | undefined> {
  const { credentials, folder } = ground;
  const dataDir = join(folder, `node-${number}`);
  const settings = { ...ground.settings, ...options.settings };
  return startServerProcess({ ...credentials, dataDir, ...options, settings });
}

/** Another account, made by the command line with the data folder of node 0, beside the nodes. */
export async function createAccount(ground: ClusterGround): Promise<TestCredentials> {
  const settings = { ...ground.settings, DATA_DIR: join(ground.folder, 'node-0') };
  const environment = Object.fromEntries(
    Object.entries(settings).map(([setting, value]) => [`CNAMED_${setting}`, value]),
  );
  const words = ['account', 'create', 'other', '--json'];
  const { code, stdout, stderr } = await runCommand(words, { environment });
  if (code !== 0) throw new Error(`No second account: ${stderr}`);
  return JSON.parse(stdout) as TestCredentials;
}

/** Engines of this process beside the nodes, for facts that a test must see or arrange. */
export async function openEnginesBeside(
  ground: ClusterGround,
  world: World = realWorld,
): Promise<Engines> {
  const environment = Object.fromEntries(
    Object.entries(ground.settings).map(([setting, value]) => [`CNAMED_${setting}`, value]),
  );
  const config = await loadConfig({
    flags: { 'data-dir': join(ground.folder, 'beside') },
    environment,
    currentFolder: ground.folder,
    readText: async () => '',
  });
  return openEngines(config, world);
}
