/** An installation of one mix of engines, and ways to harm it behind its back. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { readFile, rm, truncate, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import SqliteDatabase from 'better-sqlite3';
import type { Bucket } from '../../../src/stores/index.ts';
import { actor, mapping } from '../../contract/samples.ts';
import { createSelfSigned, type TestCertificate } from '../../support/certificates.ts';
import { administer, type TestPostgres } from '../../support/postgres.ts';
import { type S3TestServer, s3TestKey } from '../../support/s3-server.ts';
import { startTestServer, type TestServer } from '../../support/server.ts';
import { createSignedClient, type SignedClient } from '../../support/signed-client.ts';
import { runHere } from '../cli-here.ts';
import { type Finished, run } from '../cli-process.ts';

export interface Mix {
  readonly database: 'SQLite' | 'PostgreSQL';
  readonly objects: 'files' | 'S3';
}

export interface Stage {
  readonly server: TestServer;
  readonly client: SignedClient;
  readonly dataDir: string;
  /** Behind the server's back, without the constraints of the tables. */
  sql(...statements: string[]): Promise<void>;
  put(bucket: string, key: string, body: Buffer | string): Promise<void>;
  blobIdOf(bucket: string, key: string): Promise<string>;
  bucket(name: string, accountId?: string): Promise<Bucket>;
  /** Maps the domain, with a certificate of its own unless told not to; returns its number. */
  map(bucket: Bucket, domain: string, isBound?: boolean): Promise<number | undefined>;
  readonly blobs: BlobHarm;
  check(...words: string[]): Promise<Told>;
  /** In a process of its own. */
  checkApart(...words: string[]): Promise<Told>;
  /** As a person reads it. */
  print(...words: string[]): Promise<Finished>;
  close(): Promise<void>;
}

/** What a check told, as a program reads it. */
export interface Told {
  readonly finished: Finished;
  /** `kind subject`, sorted; left-overs and damage alike. */
  readonly findings: readonly string[];
  readonly report: Readonly<Record<string, number>>;
  readonly plan: Readonly<Record<string, number>>;
}

export interface BlobHarm {
  remove(blobId: string): Promise<void>;
  flip(blobId: string): Promise<void>;
  cut(blobId: string): Promise<void>;
  /** Bytes that nobody knows, as old as given. */
  add(blobId: string, bytes: Buffer, ageMs: number): Promise<void>;
  has(blobId: string): Promise<boolean>;
}

export async function openStage(
  mix: Mix,
  servers: { postgres: TestPostgres; s3: S3TestServer },
): Promise<Stage> {
  const settings: Record<string, string> = {};
  if (mix.database === 'PostgreSQL')
    settings.DATABASE_URL = await servers.postgres.createDatabase();
  const prefix = `check-${randomBytes(6).toString('hex')}/`;
  if (mix.objects === 'S3') {
    settings.OBJECT_STORE = `s3://bucket?endpoint=${servers.s3.url}&prefix=${prefix}`;
    settings.OBJECT_STORE_KEY_ID = s3TestKey.accessKeyId;
    settings.OBJECT_STORE_KEY_SECRET = s3TestKey.secretAccessKey;
  }
  const server = await startTestServer({
    settings,
    about: { database: 'sqlite', objects: 'files' },
  });
  const { accessKeyId, accessKeySecret } = server;
  const client = createSignedClient({
    port: server.httpPort,
    credentials: { accessKeyId, accessKeySecret },
    connections: 4,
  });
  const dataDir = join(server.folder, 'data');
  const { metadata } = server.rooms.engines;
  const environment = Object.fromEntries(
    Object.entries({ ...settings, DATA_DIR: dataDir }).map(([name, text]) => [
      `CNAMED_${name}`,
      text,
    ]),
  );
  return {
    server,
    client,
    dataDir,
    sql: (...statements) => runSql(statements, dataDir, settings.DATABASE_URL),
    async put(bucket, key, body) {
      const answer = await client.call({ method: 'PUT', bucket, key, body });
      assert.equal(answer.status, 200, answer.body.toString());
    },
    async blobIdOf(bucket, key) {
      const found = await metadata.buckets.findBucket(bucket);
      const object = found && (await metadata.objects.findObject(found.id, key));
      assert.ok(object, `${bucket}/${key}`);
      return object.blobId;
    },
    async bucket(name, accountId = server.rootAccountId) {
      const input = { name, accountId, bucketsMax: 100, now: Date.now() };
      const made = await metadata.buckets.createBucket(input);
      assert.ok(made.outcome === 'created');
      return made.bucket;
    },
    map: (bucket, domain, isBound = true) => mapDomain(server, bucket, domain, isBound),
    blobs:
      mix.objects === 'S3'
        ? s3Harm(servers.s3, prefix)
        : fileHarm((blobId) => join(dataDir, 'objects', 'data', blobId.slice(0, 2), blobId)),
    check: async (...words) => told(await runHere(['check', '--json', ...words], environment)),
    async checkApart(...words) {
      return told(await run(['check', '--json', ...words], { environment }));
    },
    print: (...words) => runHere(['check', ...words], environment),
    async close() {
      client.close();
      await server.close();
    },
  };
}

async function runSql(
  statements: readonly string[],
  dataDir: string,
  databaseUrl: string | undefined,
): Promise<void> {
  if (databaseUrl !== undefined) {
    for (const statement of statements) await administer(databaseUrl, statement);
    return;
  }
  const database = new SqliteDatabase(join(dataDir, 'cnamed.sqlite'));
  try {
    database.pragma('foreign_keys = OFF');
    for (const statement of statements) database.exec(statement);
  } finally {
    database.close();
  }
}

async function mapDomain(
  server: TestServer,
  bucket: Bucket,
  domain: string,
  isBound: boolean,
): Promise<number | undefined> {
  const { engines, certificates } = server.rooms;
  const binding = isBound
    ? await certificates.prepareBinding(bucket.accountId, domain, requestFor(await leaf(domain)))
    : ({ kind: 'keep' } as const);
  const change = mapping(bucket, domain, { binding, now: Date.now() });
  const outcome = await engines.metadata.cnames.changeMapping({
    ...change,
    audit: { actor, detail: { proof: 'none was asked for' } },
  });
  assert.ok(outcome.outcome === 'mapped');
  return outcome.certificateNumber;
}

export function leaf(...names: string[]): Promise<TestCertificate> {
  return createSelfSigned({ names, now: Date.now() });
}

export function requestFor({ certificatePem, keyPem }: TestCertificate) {
  return {
    certId: undefined,
    certificatePem,
    privateKeyPem: keyPem,
    previousCertId: undefined,
    isForced: true,
    isUnbind: false,
  };
}

function fileHarm(pathOf: (blobId: string) => string): BlobHarm {
  return {
    remove: (blobId) => rm(pathOf(blobId)),
    async flip(blobId) {
      const bytes = await readFile(pathOf(blobId));
      bytes[bytes.length >> 1] = (bytes[bytes.length >> 1] ?? 0) ^ 0x10;
      await writeFile(pathOf(blobId), bytes);
    },
    cut: async (blobId) => truncate(pathOf(blobId), (await readFile(pathOf(blobId))).length - 1),
    async add(blobId, bytes, ageMs) {
      await writeFile(pathOf(blobId), bytes);
      const at = new Date(Date.now() - ageMs);
      await utimes(pathOf(blobId), at, at);
    },
    has: (blobId) =>
      readFile(pathOf(blobId)).then(
        () => true,
        () => false,
      ),
  };
}

function s3Harm({ objects }: S3TestServer, prefix: string): BlobHarm {
  const change = (blobId: string, to: (bytes: Buffer) => Buffer) => {
    const stored = objects.get(prefix + blobId);
    assert.ok(stored, blobId);
    objects.set(prefix + blobId, { ...stored, bytes: to(Buffer.from(stored.bytes)) });
  };
  return {
    remove: async (blobId) => assert.ok(objects.delete(prefix + blobId)),
    flip: async (blobId) =>
      change(blobId, (bytes) => {
        bytes[bytes.length >> 1] = (bytes[bytes.length >> 1] ?? 0) ^ 0x10;
        return bytes;
      }),
    cut: async (blobId) => change(blobId, (bytes) => bytes.subarray(0, -1)),
    add: async (blobId, bytes, ageMs) =>
      void objects.set(prefix + blobId, { bytes, tag: 'none', at: Date.now() - ageMs }),
    has: async (blobId) => objects.has(prefix + blobId),
  };
}

function told(finished: Finished): Told {
  const lines = finished.stdout.split('\n').filter((line) => line !== '');
  const values = lines.map((line) => JSON.parse(line) as Record<string, unknown>);
  const of = (type: string) => values.find((value) => value.type === type) ?? {};
  const findings = values.filter((value) => value.type === 'finding').map(nameOf);
  return {
    finished,
    findings: findings.sort(),
    report: of('report') as Record<string, number>,
    plan: of('plan') as Record<string, number>,
  };
}

function nameOf(finding: Record<string, unknown>): string {
  const { kind, bucket, key, domain, certificate, accessKey, blob, auditRecord } = finding;
  const isRepaired = finding.isRepaired === true ? 'repaired' : undefined;
  const subject = key ?? domain ?? accessKey ?? certificate ?? bucket ?? blob ?? auditRecord ?? '-';
  return [kind, subject, isRepaired].filter((part) => part !== undefined).join(' ');
}
