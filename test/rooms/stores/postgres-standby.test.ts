/** A real primary and a real standby: only the one that takes writes is used, whoever that is. */
import { strict as assert } from 'node:assert/strict';
import { chown, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, before, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import {
  type MetadataEngine,
  openPostgresEngine,
  StoreUnavailable,
} from '../../../src/stores/index.ts';
import { realWorld } from '../../../src/world/index.ts';
import { makeBucket, mapping, putSample, unique } from '../../contract/samples.ts';
import { createAuthority } from '../../support/certificates.ts';
import {
  type ClusterServer,
  promote,
  startPrimary,
  startStandby,
} from '../../support/postgres/cluster.ts';
import { preparePrograms } from '../../support/postgres/programs.ts';
import { administer } from '../../support/postgres.ts';

let folder = '';
let account: { readonly uid: number; readonly gid: number } | undefined;
let primary: ClusterServer;
let standby: ClusterServer;
const opened: MetadataEngine[] = [];

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cnamed-standby-'));
  const cluster = { programs: preparePrograms(folder), folder };
  account = cluster.programs.account;
  const settings = ['fsync = off', 'full_page_writes = off'];
  primary = await startPrimary({ ...cluster, name: 'one', settings });
  standby = await startStandby(primary, { ...cluster, name: 'other' });
});
afterEach(async () => {
  for (const engine of opened.splice(0)) await engine.close();
});
after(async () => {
  await primary.stop();
  await standby.stop();
  await rm(folder, { recursive: true, force: true });
});

async function open(servers: readonly ClusterServer[], more = ''): Promise<MetadataEngine> {
  const hosts = servers.map(({ port }) => `127.0.0.1:${port}`).join();
  const url = `${primary.url.replace(`127.0.0.1:${primary.port}`, hosts)}?${more}`;
  const engine = await openPostgresEngine({ url, world: realWorld, isServing: true });
  opened.push(engine);
  return engine;
}

async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  const end = performance.now() + 20_000;
  while (!(await holds())) {
    assert.ok(performance.now() < end, 'the fact did not come');
    await delay(5);
  }
}

const sessionsOn = async ({ url }: ClusterServer): Promise<number> => {
  const asked = "select 1 from pg_stat_activity where application_name = 'cnamed'";
  return (await administer(url, asked)).rowCount ?? 0;
};

const isRefusal = (error: unknown) =>
  error instanceof StoreUnavailable && error.reason === 'failed';

test('the standby is passed over, wherever it stands among the hosts', async () => {
  for (const servers of [
    [standby, primary],
    [primary, standby],
  ]) {
    const engine = await open(servers);
    const bucket = await makeBucket(engine);
    await putSample(engine, bucket.id, 'a');
    assert.equal(await sessionsOn(standby), 0);
    assert.ok((await sessionsOn(primary)) >= 2);
  }
});

test('TLS is required, and who the server is checked as far as the address says', async () => {
  const [authority, stranger] = await Promise.all([createAuthority(), createAuthority()]);
  const leaf = await authority.issue({ names: ['localhost'], addresses: ['127.0.0.1'] });
  const other = await authority.issue({ names: ['db.example'] });
  const path = (name: string) => join(folder, name);
  const show = async ({ chainPem, keyPem }: typeof leaf): Promise<void> => {
    await writeFile(path('server.pem'), chainPem);
    await writeFile(path('server.key'), keyPem, { mode: 0o600 });
    if (account) await chown(path('server.key'), account.uid, account.gid);
    for (const [setting, name] of [
      ['ssl_cert_file', 'server.pem'],
      ['ssl_key_file', 'server.key'],
    ] as const) {
      await administer(primary.url, `alter system set ${setting} = '${path(name)}'`);
    }
    await administer(primary.url, 'alter system set ssl = on');
    await administer(primary.url, 'select pg_reload_conf()');
  };
  await writeFile(path('ca.pem'), authority.certificatePem);
  await writeFile(path('stranger.pem'), stranger.certificatePem);
  const checked = (mode: string, ca: string) => `sslmode=${mode}&sslrootcert=${path(ca)}`;
  const encrypted =
    "select 1 from pg_stat_ssl join pg_stat_activity using (pid) where ssl and application_name = 'cnamed'";
  const isRefused = (more: string, why: RegExp) =>
    assert.rejects(
      open([primary], more),
      (error: Error) => isRefusal(error) && why.test(error.message),
    );

  await isRefused('sslmode=require', /does not support SSL/);
  await show(leaf);
  await until(async () => (await tried('sslmode=require')) === true);
  for (const more of [
    'sslmode=require',
    checked('verify-ca', 'ca.pem'),
    checked('verify-full', 'ca.pem'),
  ]) {
    const engine = await open([primary], more);
    assert.ok(((await administer(primary.url, encrypted)).rowCount ?? 0) >= 1, more);
    await engine.close();
  }
  await isRefused(checked('verify-ca', 'stranger.pem'), /certificate/);
  await isRefused(checked('verify-full', 'stranger.pem'), /certificate/);
  await isRefused('sslmode=verify-full', /certificate/);
  await show(other);
  await until(async () => (await tried(checked('verify-full', 'ca.pem'))) === false);
  await isRefused(checked('verify-full', 'ca.pem'), /IP: 127.0.0.1 is not in the cert/);
  await (await open([primary], checked('verify-ca', 'ca.pem'))).close();
});

async function tried(more: string): Promise<boolean> {
  const engine = await open([primary], more).catch(() => undefined);
  await engine?.close();
  return engine !== undefined;
}

test('a standby alone is refused by name, and read only by whoever asks for any server', async () => {
  await assert.rejects(open([standby]), (error: Error) => {
    assert.ok(isRefusal(error));
    assert.match(error.message, new RegExp(`127.0.0.1:${standby.port}: takes no writes`));
    assert.ok(!error.message.includes(new URL(standby.url).password));
    return true;
  });
  const writer = await open([primary]);
  const bucket = await makeBucket(writer);
  const reader = await open([standby], 'target_session_attrs=any');
  await until(async () => (await reader.buckets.findBucket(bucket.name)) !== undefined);
  await assert.rejects(putSample(reader, bucket.id, 'a'), isRefusal);
});

test('a primary that takes no writes any more is left, and never followed again', async () => {
  const node = await open([primary, standby]);
  const bucket = await makeBucket(node);
  const [before, later] = [unique('before.example'), unique('later.example')];
  const writer = await open([primary]);
  assert.equal(await node.serving.findDomain(before), undefined);
  await writer.cnames.changeMapping(mapping(bucket, before));
  await until(async () => (await node.serving.findDomain(before)) !== undefined);
  // As an operator fences it: alive, full of connections, and read-only.
  await administer(primary.url, 'alter system set default_transaction_read_only = on');
  await administer(primary.url, 'select pg_reload_conf()');
  await until(() => node.reach.silentForMs() > 0);
  await assert.rejects(putSample(node, bucket.id, 'nowhere'), isRefusal);
  await assert.rejects(node.buckets.findBucket(bucket.name), isRefusal);
  assert.ok(await node.serving.findDomain(before), 'what is known is served on');
  assert.equal(await sessionsOn(standby), 0);
  await promote(standby);
  await until(
    async () => (await node.buckets.findBucket(bucket.name).catch(() => {})) !== undefined,
  );
  await putSample(node, bucket.id, 'here');
  await until(async () => (await sessionsOn(primary)) === 0);
  // The next changes are heard of there too.
  const other = await open([standby]);
  assert.equal(await node.serving.findDomain(later), undefined);
  await other.cnames.changeMapping(mapping(bucket, later));
  await until(async () => (await node.serving.findDomain(later)) !== undefined);
  assert.equal((await other.buckets.bucketStat(bucket.id))?.objectCount, 1);
});
