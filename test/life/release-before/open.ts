/** Puts a fixture where a server can start on it. */
import { mkdir, mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import SqliteDatabase from 'better-sqlite3';
import { administer } from '../../support/postgres.ts';
import type { TestCredentials } from '../../support/sign.ts';

const fixtures = resolve(import.meta.dirname, '../../fixtures/releases');

export interface Fixture {
  /** Holds the data folder, `data`. */
  readonly folder: string;
  readonly dataDir: string;
  readonly keys: Readonly<Record<string, TestCredentials>>;
  readonly answers: readonly string[];
}

interface Rest {
  readonly masterKey: string;
  readonly keys: Fixture['keys'];
  readonly blobs: Readonly<Record<string, string>>;
}

/** With a `databaseUrl` (of an empty database) the rows go there. */
export async function openFixture(name: string, databaseUrl?: string): Promise<Fixture> {
  const read = (file: string) => readFile(join(fixtures, name, file), 'utf8');
  const { masterKey, keys, blobs } = JSON.parse(await read('rest.json')) as Rest;
  const folder = await mkdtemp(join(tmpdir(), 'cnamed-release-'));
  const dataDir = join(folder, 'data');
  await mkdir(dataDir, { mode: 0o700 });
  await writeFile(join(dataDir, 'master.key'), masterKey, { mode: 0o600 });
  for (const [blobId, bytes] of Object.entries(blobs)) {
    const shard = join(dataDir, 'objects', 'data', blobId.slice(0, 2));
    await mkdir(shard, { recursive: true });
    await writeFile(join(shard, blobId), Buffer.from(bytes, 'base64'));
  }
  const text = await read('database.sql');
  if (databaseUrl === undefined) {
    const database = new SqliteDatabase(join(dataDir, 'cnamed.sqlite'));
    database.pragma('journal_mode = WAL');
    database.pragma('foreign_keys = OFF');
    database.exec(text);
    database.close();
  } else {
    await administer(databaseUrl, text);
  }
  const answers = (await read('answers.txt')).trimEnd().split('\n');
  return { folder, dataDir, keys, answers };
}
