/**
 * `node scripts/services.ts [PATTERN...]`: runs suites on PostgreSQL and Ceph as Debian 12 has them
 * (packages postgresql-15, radosgw, ceph-mon, ceph-osd, ceph-common), started here on the loopback
 * and put away at the end. Without a pattern: those that another database or store can change.
 *
 * Exit code 0 only when the suites passed; a missing package is a failure.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { startCeph } from './services/ceph.ts';
import type { Daemon } from './services/daemon.ts';
import { missingPackages } from './services/packages.ts';
import { startPostgres } from './services/postgres.ts';

/**
 * What another database server or store can change: the contracts of the stores and the life of
 * nodes, by suites that bring database and store themselves; then what the API says about objects,
 * and deaths of the server, by suites that run on an edition.
 */
const runs: readonly (readonly string[])[] = [
  [
    'test/contract/postgres',
    'test/contract/s3',
    'test/life/cluster-kills',
    'test/life/cluster-propagation',
    'test/life/failover',
    'test/life/shared-sweeps',
    'test/life/two-nodes',
  ],
  [
    '--edition',
    'postgres+s3',
    'test/api/object/',
    'test/api/bucket/listings',
    'test/api/clients/ali-oss.test',
    'test/api/clients/transfer',
    'test/life/kills',
    'test/life/restart',
  ],
];

/** The edition of several nodes, for suites that can run on either (test/support/server.ts). */
const edition = { CNAMED_TEST_DATABASE: 'postgres', CNAMED_TEST_OBJECTS: 's3' };

async function runSuites(
  patterns: readonly string[],
  environment: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<boolean> {
  const script = resolve(import.meta.dirname, 'test.ts');
  const child = spawn('setpriv', ['--pdeathsig=TERM', process.execPath, script, ...patterns], {
    stdio: 'inherit',
    env: { ...process.env, ...environment, ...edition },
  });
  signal.addEventListener('abort', () => child.kill('SIGTERM'));
  const [code] = (await once(child, 'exit')) as [number | null];
  return code === 0;
}

async function main(patterns: readonly string[]): Promise<boolean> {
  const complaint = missingPackages();
  if (complaint !== undefined) {
    console.error(complaint);
    return false;
  }
  const daemons: Daemon[] = [];
  const stopping = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stopping.abort());
  const folder = await mkdtemp(join(tmpdir(), 'cnamed-services-'));
  // Daemons that run as other accounts must come in.
  await chmod(folder, 0o755);
  try {
    const startedAt = performance.now();
    const started = (daemon: Daemon): void => {
      daemons.push(daemon);
    };
    const services = await Promise.all([
      startPostgres(join(folder, 'postgres'), started),
      startCeph(join(folder, 'ceph'), started),
    ]);
    const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
    const names = services.map(({ version }) => version).join(', ');
    console.log(`ok   services (${seconds} s): ${names}`);
    const environment = Object.assign({}, ...services.map((service) => service.environment));
    let isGood = true;
    for (const suites of patterns.length > 0 ? [patterns] : runs) {
      if (stopping.signal.aborted) return false;
      isGood = (await runSuites(suites, environment, stopping.signal)) && isGood;
    }
    return isGood;
  } finally {
    for (const daemon of daemons.toReversed()) await daemon.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

process.exitCode = (await main(process.argv.slice(2))) ? 0 : 1;
