/**
 * The editions of the server that the suites are run on: metadata in SQLite or PostgreSQL, objects
 * in files or in an S3 store. The environment chooses one for the process:
 *
 * - CNAMED_TEST_DATABASE `sqlite` (without it) or `postgres`
 * - CNAMED_TEST_OBJECTS `files` (without it) or `s3`
 *
 * and scripts/test.ts runs the suites once for each. PostgreSQL is the server that
 * CNAMED_TEST_POSTGRES_URL names or one of the package; the S3 store is the one that
 * CNAMED_TEST_S3_URL names, with the AWS variables, or one in this process.
 */
import { createHash } from 'node:crypto';
import { startTestPostgres, type TestPostgres } from './postgres.ts';
import { type S3TestServer, s3TestKey, startS3Server } from './s3-server.ts';

export const databases = ['sqlite', 'postgres'] as const;
export const objectStores = ['files', 's3'] as const;

export interface Edition {
  readonly database: (typeof databases)[number];
  readonly objects: (typeof objectStores)[number];
}

/** The edition of this process. @throws when the environment names one that is none. */
export function editionUnderTest(): Edition {
  return {
    database: chosen('CNAMED_TEST_DATABASE', databases),
    objects: chosen('CNAMED_TEST_OBJECTS', objectStores),
  };
}

function chosen<Name extends string>(variable: string, names: readonly [Name, ...Name[]]): Name {
  const value = process.env[variable] || names[0];
  const found = names.find((name) => name === value);
  if (found === undefined) throw new Error(`${variable} is ${value}, not ${names.join(' or ')}.`);
  return found;
}

let postgres: Promise<TestPostgres> | undefined;
let s3: Promise<S3TestServer> | undefined;
const urls = new Map<string, Promise<string>>();

/**
 * The settings of a test, and what the edition adds to them for a server or a command on this data
 * folder: always the same for one folder, so that a restart finds what was there and a command
 * works on what its server works on. Engines that the settings name stay as they are. A test that
 * is about one of the embedded engines itself says so by `about`.
 */
export async function withEdition(
  dataDir: string,
  settings: Readonly<Record<string, string>>,
  about: Partial<Edition> = {},
): Promise<Record<string, string>> {
  const { database, objects } = { ...editionUnderTest(), ...about };
  const isDatabaseOpen = settings.CNAMED_DATABASE_URL === undefined;
  const isStoreOpen = settings.CNAMED_OBJECT_STORE === undefined;
  return {
    ...(database === 'postgres' && isDatabaseOpen ? await databaseOf(dataDir) : {}),
    ...(objects === 's3' && isStoreOpen ? await objectStoreOf(dataDir) : {}),
    ...settings,
  };
}

async function databaseOf(dataDir: string): Promise<Record<string, string>> {
  if (postgres === undefined) {
    const started = startTestPostgres();
    postgres = started;
    // With the process, not with a test: servers and commands of the same folder come and go.
    process.once('beforeExit', async () => (await started).stop());
  }
  const server = postgres;
  const url = urls.get(dataDir) ?? server.then((started) => started.createDatabase());
  urls.set(dataDir, url);
  return { CNAMED_DATABASE_URL: await url };
}

/** Each folder is a prefix of the bucket. */
async function objectStoreOf(dataDir: string): Promise<Record<string, string>> {
  const prefix = `prefix=${createHash('sha256').update(dataDir).digest('hex').slice(0, 16)}/`;
  const named = process.env.CNAMED_TEST_S3_URL;
  if (named) {
    return {
      CNAMED_OBJECT_STORE: `${named}&${prefix}`,
      CNAMED_OBJECT_STORE_KEY_ID: process.env.AWS_ACCESS_KEY_ID ?? '',
      CNAMED_OBJECT_STORE_KEY_SECRET: process.env.AWS_SECRET_ACCESS_KEY ?? '',
    };
  }
  s3 ??= startS3Server();
  return {
    CNAMED_OBJECT_STORE: `s3://bucket?endpoint=${(await s3).url}&${prefix}`,
    CNAMED_OBJECT_STORE_KEY_ID: s3TestKey.accessKeyId,
    CNAMED_OBJECT_STORE_KEY_SECRET: s3TestKey.secretAccessKey,
  };
}
