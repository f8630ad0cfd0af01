/**
 * Opens what keeps data: master key, metadata, object bytes. Used by the server and by the commands
 * that work on the stores beside a running server.
 */
import { join } from 'node:path';
import { type Accounts, createAccounts } from './accounts/index.ts';
import { type Config, nodeNameOf } from './config/index.ts';
import { type Sealer, startSealing } from './sealing/index.ts';
import {
  acquireInstanceLock,
  BadDatabaseUrl,
  type BlobStore,
  claimPlace,
  describePostgresUrl,
  type InstanceLock,
  isMarked,
  type MetadataEngine,
  openFileBlobs,
  openPostgresEngine,
  openS3Blobs,
  openSqliteEngine,
  openSqliteSibling,
  postgresSchemaKeeper,
  type SchemaKeeper,
  type SchemaWish,
  type Siblings,
  StoreUnavailable,
  sqliteSchemaKeeper,
  type WriteOutcome,
  WrongPlace,
} from './stores/index.ts';
import type { World } from './world/index.ts';

export interface Engines {
  readonly metadata: MetadataEngine;
  readonly blobs: BlobStore;
  readonly sealer: Sealer;
  readonly accounts: Accounts;
  /** Makes a write of a worker, on the embedded database; never rejects. */
  writeFor(name: string, rest: readonly unknown[]): Promise<WriteOutcome>;
  close(): Promise<void>;
}

/** How the engines of a worker reach those of its primary. */
export interface WorkerLinks {
  /** `Engines.writeFor` of the primary. */
  readonly write: (name: string, rest: readonly unknown[]) => Promise<WriteOutcome>;
  readonly siblings: Siblings;
}

export class StartProblem extends Error {
  override readonly name = 'StartProblem';
}

export interface OpenOptions {
  /** Keep every other server out of the data folder; the commands of the operator do not. */
  readonly isServer: boolean;
  /** Told when a check beside the first requests finds damage; writes have stopped by then. */
  readonly onDamage?: (message: string) => void;
  /** `upgraded` when left out; the commands of the operator leave the tables as they are. */
  readonly schema?: SchemaWish;
  /** Set in a worker: its primary holds folder and tables, and has them ready. */
  readonly worker?: WorkerLinks;
}

/** All of it, for a server. @throws StartProblem also when the object store cannot be used. */
export async function openEngines(
  config: Config,
  world: World,
  options: OpenOptions = { isServer: false },
): Promise<Engines> {
  const opened = await openMetadata(config, world, options);
  try {
    return { ...opened, blobs: await openBlobs(config, world, opened.metadata, options) };
  } catch (error) {
    await opened.close();
    throw error;
  }
}

/**
 * All but the object bytes: the commands of the operator need none, and go on without them.
 * @throws StartProblem when another server holds the folder, SealingError when the master key is
 * missing or is another one (security.md 4.3: fail at start, not at the first handshake).
 */
export async function openMetadata(
  config: Config,
  world: World,
  options: OpenOptions = { isServer: false },
): Promise<Omit<Engines, 'blobs'>> {
  // A command that needs nothing of the folder leaves none behind wherever it is called.
  if (options.isServer || config.databaseUrl === undefined) {
    await world.disk.makeFolder(config.dataDir);
  }
  const isFirst = options.isServer && options.worker === undefined;
  const lock = isFirst ? await lockFolder(config.dataDir, world) : undefined;
  let metadata: OpenedDatabase | undefined;
  try {
    metadata = await openDatabase(config, world, options);
    if (isFirst) await adoptCopy(config, metadata);
    const sealer = await startSealing({
      path: config.masterKeyFile,
      world,
      settings: metadata.settings,
    });
    const opened = metadata;
    return {
      metadata,
      writeFor: opened.writeFor,
      sealer,
      accounts: createAccounts({ engine: metadata, sealer, world }),
      async close() {
        await opened.close();
        lock?.release();
      },
    };
  } catch (error) {
    await metadata?.close();
    lock?.release();
    throw error;
  }
}

/**
 * All of it, for a copy. The folder is held against servers while anything is kept in it;
 * `isServed` says that one is running there already (of a database elsewhere nobody can know).
 */
export async function openForCopy(config: Config, world: World): Promise<CopyEngines> {
  const isLocal = config.databaseUrl === undefined || config.objectStore === undefined;
  if (isLocal) await world.disk.makeFolder(config.dataDir);
  const lock = isLocal ? await tryLock(config.dataDir, world) : undefined;
  try {
    const opened = await openMetadata(config, world);
    try {
      const { blobs, claim } = await openUnclaimed(config, world, opened.metadata);
      // What bears a mark is looked at now; a new place gets one when all else has been looked at.
      if (await isMarked(blobs, opened.metadata)) await claim();
      return {
        ...opened,
        blobs,
        isServed: isLocal && lock === undefined,
        objectsPlace: objectsOf(config),
        claimPlace: claim,
        async close() {
          await opened.close();
          lock?.release();
        },
      };
    } catch (error) {
      await opened.close();
      throw error;
    }
  } catch (error) {
    lock?.release();
    throw error;
  }
}

export interface CopyEngines extends Engines {
  readonly isServed: boolean;
  readonly objectsPlace: string;
  /** The place bears this installation's mark from then on. @throws StartProblem */
  claimPlace(): Promise<void>;
}

/** Only where the database says the objects are. */
async function openBlobs(
  config: Config,
  world: World,
  metadata: MetadataEngine,
  { isServer, worker }: OpenOptions,
): Promise<BlobStore> {
  // The embedded database has one server, and that is us: we hold the lock of its folder.
  const isAlone = isServer && worker === undefined && config.databaseUrl === undefined;
  const { blobs, claim } = await openUnclaimed(config, world, metadata, isAlone);
  await claim();
  return blobs;
}

async function openUnclaimed(
  config: Config,
  world: World,
  { settings, objects }: MetadataEngine,
  isAlone = false,
): Promise<{ readonly blobs: BlobStore; claim(): Promise<void> }> {
  const told = async <Value>(work: () => Promise<Value>): Promise<Value> => {
    try {
      return await work();
    } catch (error) {
      if (error instanceof WrongPlace) throw new StartProblem(error.message, { cause: error });
      if (!(error instanceof StoreUnavailable) || config.objectStore === undefined) throw error;
      throw new StartProblem(`${error.message}. Check CNAMED_OBJECT_STORE.`, { cause: error });
    }
  };
  const blobs = await told(() => openPlace(config, world));
  const claim = { settings, objects, blobs, random: world.random, isAlone };
  return { blobs, claim: () => told(() => claimPlace(claim)) };
}

/**
 * The scheme of the address chooses the engine; without one the objects are local files. Those of a
 * database that several nodes can use count as shared: another node may call the same folder
 * `file:///...`, and neither may take what the other is writing.
 */
async function openPlace(config: Config, world: World): Promise<BlobStore> {
  const { objectStore, dataDir, databaseUrl } = config;
  if (objectStore === undefined) {
    const isShared = databaseUrl !== undefined;
    const folder = join(dataDir, 'objects');
    return await openFileBlobs({ folder, world, isShared, writersCount: config.workers });
  }
  const { address, credentials } = objectStore;
  if (address.kind === 'folder') {
    const { folder } = address;
    return await openFileBlobs({ folder, world, isShared: true, writersCount: config.workers });
  }
  return await openS3Blobs({ location: address, credentials, world });
}

type OpenedDatabase = MetadataEngine & Pick<Engines, 'writeFor'>;

/** For engines that write in every process. */
const writesForNobody: Pick<Engines, 'writeFor'> = {
  writeFor: async () => ({ reason: 'failed', message: 'Every process writes for itself.' }),
};

/** The engine is chosen by the scheme of `database-url`; without one it is the embedded one. */
async function openDatabase(
  config: Config,
  world: World,
  options: OpenOptions,
): Promise<OpenedDatabase> {
  const { databaseUrl, dataDir } = config;
  const { worker } = options;
  if (databaseUrl === undefined) {
    const path = sqlitePath(dataDir);
    if (worker) return { ...openSqliteSibling(path, worker.write), ...writesForNobody };
    return openSqliteEngine({
      path,
      // A log beside the file is a sign of an unclean stop only for whoever is alone on it.
      isCheckedAfterUncleanStop: options.isServer,
      onDamage: options.onDamage ?? (() => {}),
      schema: options.schema ?? 'upgraded',
    });
  }
  try {
    const { isServer: isServing, schema = 'upgraded' } = options;
    const nodeName = nodeNameOf(config);
    const of = { url: databaseUrl, world, isServing, schema, nodeName };
    const siblings = worker && { siblings: worker.siblings };
    return { ...(await openPostgresEngine({ ...of, ...siblings })), ...writesForNobody };
  } catch (error) {
    throw explained(error);
  }
}

function explained(error: unknown): unknown {
  if (!(error instanceof BadDatabaseUrl)) return error;
  return new StartProblem(`The database URL (CNAMED_DATABASE_URL) ${error.message}.`);
}

/**
 * The tables, for `cnamed migrate`. An embedded database is upgraded only while no server runs on
 * it: a server of the release before would go on with statements for the old tables.
 */
export function openSchema(config: Config, world: World): SchemaKeeper {
  const { databaseUrl: url, dataDir } = config;
  if (url !== undefined) {
    try {
      return postgresSchemaKeeper({ url, world, nodeName: nodeNameOf(config) });
    } catch (error) {
      throw explained(error);
    }
  }
  const keeper = sqliteSchemaKeeper(sqlitePath(dataDir));
  return {
    read: () => keeper.read(),
    async upgrade() {
      await world.disk.makeFolder(dataDir);
      const lock = await lockFolder(dataDir, world);
      try {
        return await keeper.upgrade();
      } finally {
        lock.release();
      }
    },
  };
}

/** What a copy has filled is an installation of its own from now on, if it is all there. */
async function adoptCopy(config: Config, { rows }: MetadataEngine): Promise<void> {
  if ((await rows.findCopyMark()) === undefined) return;
  if ((await rows.adoptCopy()) !== 'incomplete') return;
  throw new StartProblem(
    `The database (${databaseOf(config)}) is the target of a copy that is not complete. Run ` +
      '"cnamed copy" again until it says that the copy is complete, or start on an empty database.',
  );
}

/** Where metadata is kept, for people and logs: never with a password. */
export function databaseOf({ databaseUrl, dataDir }: Config): string {
  return databaseUrl === undefined ? sqlitePath(dataDir) : describePostgresUrl(databaseUrl);
}

/** Where object bytes are kept, for people and logs. */
export function objectsOf({ objectStore, dataDir }: Config): string {
  if (objectStore === undefined) return join(dataDir, 'objects');
  if (objectStore.address.kind === 'folder') return objectStore.address.folder;
  const { bucket, endpoint, prefix, region } = objectStore.address;
  return `s3://${bucket}/${prefix} at ${endpoint ?? `AWS ${region}`}`;
}

function sqlitePath(dataDir: string): string {
  return join(dataDir, 'cnamed.sqlite');
}

async function tryLock(dataDir: string, world: World): Promise<InstanceLock | undefined> {
  const path = join(dataDir, 'server.lock');
  await createPrivately(path, world);
  return acquireInstanceLock(path);
}

async function lockFolder(dataDir: string, world: World): Promise<InstanceLock> {
  const lock = await tryLock(dataDir, world);
  if (lock) return lock;
  throw new StartProblem(
    `Another cnamed server is running on ${dataDir}. Stop it first, or give this one a data ` +
      'folder of its own (CNAMED_DATA_DIR).',
  );
}

/** Whoever may open the file of a lock may hold it: so it is made with mode 0600, by us. */
async function createPrivately(path: string, world: World): Promise<void> {
  if (await world.disk.facts(path)) return;
  try {
    await (await world.disk.create(path)).close();
  } catch (error) {
    // Another server that starts at the same time was faster.
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
}
