/** Installations by their configuration files, as an operator of `cnamed copy` has them. */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Config, loadConfig } from '../../../src/config/index.ts';
import { openForCopy } from '../../../src/engines.ts';
import { startServer } from '../../../src/server.ts';
import { realWorld } from '../../../src/world/index.ts';
import { s3TestKey } from '../../support/s3-server.ts';

export const rootKey = {
  accessKeyId: 'LTAICopyCampaign00000000',
  accessKeySecret: 'copy-campaign-secret-0123456789',
} as const;

export interface Place {
  readonly name: string;
  /** The configuration file. */
  readonly file: string;
  readonly dataDir: string;
}

/** Everything in a folder of its own. */
export function embedded(folder: string, name: string): Promise<Place> {
  return writePlace(folder, name, {});
}

/** PostgreSQL and S3; the folder holds the master key alone. */
export function cluster(
  folder: string,
  name: string,
  { databaseUrl, s3Url }: { databaseUrl: string; s3Url: string },
): Promise<Place> {
  return writePlace(folder, name, { 'database-url': databaseUrl, ...inStore(s3Url, name) });
}

export function inStore(s3Url: string, prefix: string): Record<string, string> {
  return {
    'object-store': `s3://bucket?endpoint=${s3Url}&prefix=${prefix}/`,
    'object-store-key-id': s3TestKey.accessKeyId,
    'object-store-key-secret': s3TestKey.secretAccessKey,
  };
}

export async function writePlace(
  folder: string,
  name: string,
  settings: Readonly<Record<string, string>>,
): Promise<Place> {
  const place = { name, file: join(folder, `${name}.json`), dataDir: join(folder, name) };
  const common = {
    'data-dir': place.dataDir,
    http: '127.0.0.1:0',
    https: '127.0.0.1:0',
    ownership: 'off',
    'log-level': 'silent',
    'access-key-id': rootKey.accessKeyId,
    'access-key-secret': rootKey.accessKeySecret,
  };
  await writeFile(place.file, JSON.stringify({ ...common, ...settings }));
  return place;
}

export function configOf({ file }: Place): Promise<Config> {
  const readText = (path: string) => readFile(path, 'utf8');
  return loadConfig({ flags: { config: file }, environment: {}, currentFolder: '/', readText });
}

/** What keeps its data, without a server. */
export async function openPlace(place: Place): ReturnType<typeof openForCopy> {
  const opened = await openForCopy(await configOf(place), realWorld);
  await opened.claimPlace();
  return opened;
}

export async function servePlace(place: Place): ReturnType<typeof startServer> {
  return startServer(await configOf(place), realWorld);
}
