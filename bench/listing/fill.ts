/** Rows of objects and versions in the shapes that buckets have, written past the server. */
import { openDatabaseOf, type ServerDatabase } from '../../test/support/database.ts';
import type { ServerProcess } from '../../test/support/server-process.ts';
import { createSignedClient, type SignedClient } from '../../test/support/signed-client.ts';
import { credentials, expectOk } from '../lib/field.ts';

/** Half in one folder, a tenth seven folders deep, the rest in a thousand folders. */
export const bucket = 'listed';
/** Half versions of one key, half delete markers of a key each; one object. */
export const versioned = 'versioned';

export type Settings = Readonly<Record<string, string>>;

export interface Place {
  readonly dataDir: string;
  readonly settings: Settings;
  act<T>(work: (database: ServerDatabase) => Promise<T>): Promise<T>;
  /** Nothing but the accounts is left. */
  empty(): Promise<void>;
}

export function openPlace(dataDir: string, settings: Settings): Place {
  const { DATABASE_URL: url } = settings;
  const named = { CNAMED_DATA_DIR: dataDir, ...(url && { CNAMED_DATABASE_URL: url }) };
  const place: Place = {
    dataDir,
    settings,
    async act(work) {
      const database = await openDatabaseOf(named);
      try {
        return await work(database);
      } finally {
        await database.close();
      }
    },
    async empty() {
      await place.act(async ({ change }) => {
        for (const table of ['objects', 'object_versions', 'garbage', 'bucket_counters']) {
          await change(`delete from ${table}`);
        }
        await change('delete from buckets');
        if (url !== undefined) await change('vacuum analyze');
      });
    },
  };
  return place;
}

export function clientOf({ httpPort: port }: ServerProcess, connections = 1): SignedClient {
  return createSignedClient({ port, credentials, connections });
}

export async function fill(place: Place, server: ServerProcess, size: number): Promise<void> {
  const client = clientOf(server);
  const put = (where: string, key: string) =>
    expectOk(client.call({ method: 'PUT', bucket: where, key, body: 'one' }));
  for (const name of [bucket, versioned]) {
    await expectOk(client.call({ method: 'PUT', bucket: name }));
  }
  const body = '<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>';
  const query = { versioning: '' };
  await expectOk(client.call({ method: 'PUT', bucket: versioned, query, body }));
  await put(bucket, 'a');
  for (const key of ['many', 'many', 'gone/x']) await put(versioned, key);
  await client.call({ method: 'DELETE', bucket: versioned, key: 'gone/x' });
  client.close();
  await place.act(async (database) => {
    await fillObjects(database, isPostgres(place), size);
    await fillVersions(database, isPostgres(place), size);
    // As a database is that has stood for a while.
    await database.change(isPostgres(place) ? 'vacuum analyze' : 'analyze');
  });
}

const isPostgres = ({ settings }: Place): boolean => settings.DATABASE_URL !== undefined;
const monthsMs = 100 * 24 * 3_600_000;

/** Of a version id, as the service makes them; seven digits come behind it. */
const idStart = 'CAEQ'.padEnd(57, '0');

/** Of the version of that age: the highest number is the newest. */
export function versionIdOf(number: number): string {
  return idStart + String(Math.floor(number)).padStart(7, '0');
}

const digits = 'substr(cast(10000000 + n as text), 2)';
const deep = Array.from({ length: 7 }, (_, index) => `substr(${digits}, ${index + 1}, 1)`);
/** 32 digits, as ids of contents have. */
const blobId = (tag: string) => `substr(blob_id, 1, 23) || '${tag}' || '0' || ${digits}`;

async function fillObjects(
  database: ServerDatabase,
  isBytes: boolean,
  size: number,
): Promise<void> {
  const key =
    `case when n < ${size * 0.5} and n >= ${size * 0.1} ` +
    `then 'dir-' || substr(cast(10000 + n % 1000 as text), 2) || '/key-' || ${digits} ` +
    `when n < ${size * 0.1} then 'deep/' || ${deep.join(` || '/' || `)} ` +
    `else 'many/' || ${digits} end`;
  await copyRow(database, isBytes, 'objects', `${sourceOf(bucket)}`, size, {
    key: asBytes(key, isBytes),
    blob_id: blobId('a'),
    // Old enough for a rule of lifecycle.
    modified_at: `modified_at - ${monthsMs}`,
  });
}

async function fillVersions(
  database: ServerDatabase,
  isBytes: boolean,
  size: number,
): Promise<void> {
  const source = (isMarker: number) => `${sourceOf(versioned)} and is_marker = ${isMarker}`;
  const one = `${source(0)} and key = ${asBytes(`'many'`, isBytes)}`;
  await copyRow(database, isBytes, 'object_versions', one, size / 2, {
    sequence: '-1 - n',
    version_id: `'${idStart}' || substr(cast(${10_000_000 + size / 2} - n as text), 2)`,
    blob_id: blobId('b'),
  });
  await copyRow(database, isBytes, 'object_versions', source(1), size / 2, {
    key: asBytes(`'gone/' || ${digits}`, isBytes),
  });
}

const sourceOf = (name: string): string =>
  `bucket_id = (select id from buckets where name = '${name}')`;
const asBytes = (text: string, isPostgresText: boolean): string =>
  isPostgresText ? `convert_to(${text}, 'UTF8')` : `cast(${text} as blob)`;

/** So many rows like the one, numbered by `n` from 0, with other values in some columns. */
async function copyRow(
  database: ServerDatabase,
  isBytes: boolean,
  table: string,
  source: string,
  count: number,
  changed: Readonly<Record<string, string>>,
): Promise<void> {
  const columns = await database.columns(table);
  const values = columns.map((column) => changed[column] ?? column);
  const numbers = isBytes
    ? `generate_series(0, ${count - 1}) as numbers(n)`
    : `(with recursive numbers(n) as (select 0 union all select n + 1 from numbers where n < ${count - 1}) select n from numbers)`;
  await database.change(
    `insert into ${table} (${columns.join(', ')}) select ${values.join(', ')} ` +
      `from (select * from ${table} where ${source} limit 1) as one, ${numbers}`,
  );
}
