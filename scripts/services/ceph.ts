/**
 * One Ceph object gateway on the loopback: a monitor, one OSD in memory, radosgw. Without systemd,
 * without a manager, every daemon in the foreground.
 */
import { randomBytes, randomUUID } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { type Daemon, freePort, runProgram, startDaemon } from './daemon.ts';
import type { Service } from './postgres.ts';

const bucket = 'cnamed-suites';
const osdBytes = 4 * 1024 * 1024 * 1024;
const startsWithinMs = 90_000;

interface Cluster {
  readonly folder: string;
  readonly config: string;
  readonly keyring: string;
  readonly monitors: string;
  readonly fsid: string;
  readonly gatewayPort: number;
}

/** Keys are cephx: with authentication `none` the gateway hangs at its start. */
export async function startCeph(
  folder: string,
  started: (daemon: Daemon) => void,
): Promise<Service> {
  const cluster = await describeCluster(folder);
  await makeKeys(cluster);
  const daemons: Daemon[] = [];
  const start = (name: string, program: string, args: readonly string[]): Daemon => {
    const common = ['--foreground', '--conf', cluster.config];
    const daemon = startDaemon({ name, program, args: [...common, ...args] });
    started(daemon);
    daemons.push(daemon);
    return daemon;
  };
  await makeMonitor(cluster);
  const monitor = start('ceph-mon', 'ceph-mon', ['--id', 'a']);
  await monitor.until(() => ceph(cluster, 'mon', 'stat'), startsWithinMs);
  const osdId = randomUUID();
  await ceph(cluster, 'osd', 'new', osdId);
  await runProgram('ceph-osd', [
    ...['--conf', cluster.config, '--id', '0', '--mkfs', '--osd-uuid', osdId],
  ]);
  const osd = start('ceph-osd', 'ceph-osd', ['--id', '0']);
  await osd.until(async () => {
    const said = await ceph(cluster, 'osd', 'stat');
    if (!/\b1 up\b/.test(said)) throw new Error(said);
  }, startsWithinMs);
  const gateway = start('radosgw', 'radosgw', ['--name', 'client.gateway']);
  const endpoint = `http://127.0.0.1:${cluster.gatewayPort}`;
  await gateway.until(() => fetch(endpoint), startsWithinMs);
  const key = await makeUser(cluster);
  await makeBucket(endpoint, key);
  return {
    daemons,
    environment: {
      CNAMED_TEST_S3_URL: `s3://${bucket}?endpoint=${endpoint}`,
      AWS_ACCESS_KEY_ID: key.accessKeyId,
      AWS_SECRET_ACCESS_KEY: key.secretAccessKey,
    },
    version: (await runProgram('radosgw', ['--version'])).trim(),
  };
}

async function describeCluster(folder: string): Promise<Cluster> {
  const [port, oldPort, gatewayPort] = [await freePort(), await freePort(), await freePort()];
  const cluster: Cluster = {
    folder,
    config: join(folder, 'ceph.conf'),
    keyring: join(folder, 'keyring'),
    monitors: `[v2:127.0.0.1:${port},v1:127.0.0.1:${oldPort}]`,
    fsid: randomUUID(),
    gatewayPort,
  };
  for (const name of ['mon', 'osd', 'rgw', 'run']) {
    await mkdir(join(folder, name), { recursive: true });
  }
  await writeFile(cluster.config, configOf(cluster));
  return cluster;
}

function configOf({ folder, keyring, monitors, fsid, gatewayPort }: Cluster): string {
  const settings: Readonly<Record<string, string | number>> = {
    fsid,
    mon_initial_members: 'a',
    mon_host: monitors,
    public_addr: '127.0.0.1',
    cluster_addr: '127.0.0.1',
    auth_cluster_required: 'cephx',
    auth_service_required: 'cephx',
    auth_client_required: 'cephx',
    keyring,
    mon_data: join(folder, 'mon'),
    osd_data: join(folder, 'osd'),
    rgw_data: join(folder, 'rgw'),
    run_dir: join(folder, 'run'),
    admin_socket: join(folder, 'run', '$name.asok'),
    log_file: join(folder, 'run', '$name.log'),
    // One copy on one device, which is less than the cluster would call healthy.
    osd_pool_default_size: 1,
    osd_pool_default_min_size: 1,
    osd_pool_default_pg_num: 8,
    osd_pool_default_pgp_num: 8,
    osd_pool_default_pg_autoscale_mode: 'off',
    osd_crush_chooseleaf_type: 0,
    mon_allow_pool_size_one: 'true',
    mon_max_pg_per_osd: 1_000,
    // The volume of the tests may be as full as it likes.
    mon_data_avail_crit: 1,
    osd_objectstore: 'memstore',
    memstore_device_bytes: osdBytes,
    // Without it small answers wait 40 ms for an acknowledgement.
    rgw_frontends: `beast endpoint=127.0.0.1:${gatewayPort} tcp_nodelay=1`,
  };
  const lines = Object.entries(settings).map(([name, value]) => `${name} = ${value}`);
  return `[global]\n${lines.join('\n')}\n`;
}

/** All keys at once: the monitor takes them in when it is made. */
async function makeKeys({ keyring }: Cluster): Promise<void> {
  const all = 'allow *';
  const keys: readonly (readonly [string, Readonly<Record<string, string>>])[] = [
    ['mon.', { mon: all }],
    ['client.admin', { mon: all, osd: all }],
    ['osd.0', { mon: 'allow profile osd', osd: all }],
    ['client.gateway', { mon: 'allow rw', osd: 'allow rwx' }],
  ];
  for (const [index, [name, caps]] of keys.entries()) {
    const made = index === 0 ? ['--create-keyring'] : [];
    const granted = Object.entries(caps).flatMap(([to, what]) => ['--cap', to, what]);
    await runProgram('ceph-authtool', [keyring, ...made, '--gen-key', '-n', name, ...granted]);
  }
}

async function makeMonitor({ folder, config, keyring, monitors, fsid }: Cluster): Promise<void> {
  const map = join(folder, 'monmap');
  await runProgram('monmaptool', ['--create', '--fsid', fsid, '--addv', 'a', monitors, map]);
  await runProgram('ceph-mon', [
    ...['--conf', config, '--id', 'a', '--mkfs', '--monmap', map, '--keyring', keyring],
  ]);
}

/** A question to the monitor; one that is not answered is given up. */
function ceph({ config }: Cluster, ...words: string[]): Promise<string> {
  return runProgram('ceph', ['--conf', config, '--connect-timeout', '5', ...words]);
}

async function makeUser({ config }: Cluster) {
  const accessKeyId = randomBytes(10).toString('hex').toUpperCase();
  const secretAccessKey = randomBytes(20).toString('hex');
  await runProgram('radosgw-admin', [
    ...['--conf', config, 'user', 'create', '--uid=suites', '--display-name=suites'],
    ...[`--access-key=${accessKeyId}`, `--secret=${secretAccessKey}`],
  ]);
  return { accessKeyId, secretAccessKey };
}

async function makeBucket(
  endpoint: string,
  credentials: { accessKeyId: string; secretAccessKey: string },
): Promise<void> {
  const client = new S3Client({ region: 'us-east-1', endpoint, forcePathStyle: true, credentials });
  await client.send(new CreateBucketCommand({ Bucket: bucket }));
  client.destroy();
}
