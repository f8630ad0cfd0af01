/** What a measurement ran on, and whether it had the machine for itself. */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { resolve } from 'node:path';
import type { OtherName } from './others.ts';
import { cpuSeconds, ticksPerSecond } from './processes.ts';
import { findTool } from './tools.ts';

const root = resolve(import.meta.dirname, '../..');
/** Of all cores; what the kernel itself does in the background is less. */
const quietShareMax = 0.03;

function firstLine(command: string, ...args: string[]): string {
  const { stdout, stderr } = spawnSync(command, args, { encoding: 'utf8' });
  return `${stdout ?? ''}${stderr ?? ''}`.trim().split('\n')[0] ?? '';
}

const versions: Readonly<Record<OtherName, (path: string) => string>> = {
  nginx: (path) => firstLine(path, '-v').replace('nginx version: nginx/', 'nginx '),
  caddy: (path) => `Caddy ${firstLine(path, 'version').split(' ')[0]}`,
  haproxy: (path) => firstLine(path, '-v').replace(' version', '').split('-')[0] ?? '',
  node: () => `bare Node ${process.version}`,
  azurite: (path) => `Azurite ${firstLine(process.execPath, path, '--version')}`,
};

/** Lines for people: when, where, which versions. */
export function describeMachine(beside: readonly OtherName[]): string[] {
  const present = beside.flatMap((name) => {
    const path = findTool(name);
    return path === undefined ? [] : [versions[name](path)];
  });
  const hasChanges = firstLine('git', '-C', root, 'status', '--porcelain', 'src') !== '';
  const commit = firstLine('git', '-C', root, 'rev-parse', '--short', 'HEAD');
  return [
    `date: ${new Date().toISOString().slice(0, 10)}`,
    `machine: ${cpus().length} × ${cpus()[0]?.model ?? 'unknown'}, ${firstLine('uname', '-sr')}`,
    `cnamed: ${commit}${hasChanges ? ' with changes' : ''} on Node ${process.version}, OpenSSL ${process.versions.openssl}`,
    ...(present.length > 0 ? [`others: ${present.join(', ')}`] : []),
  ];
}

/** Seconds that all cores together were busy since the machine started, also for its neighbours. */
function busySeconds(): number {
  const [first = ''] = readFileSync('/proc/stat', 'utf8').split('\n');
  const [user = 0, nice = 0, system = 0, , , irq = 0, softIrq = 0, steal = 0] = first
    .split(/\s+/)
    .slice(1)
    .map(Number);
  return (user + nice + system + irq + softIrq + steal) / ticksPerSecond();
}

/** Begins to watch; what it returns tells how much of the machine others had until then. */
export function watchOthers(): () => string {
  const others = () => busySeconds() - cpuSeconds(process.pid);
  const startedAt = performance.now();
  const before = others();
  return () => {
    const elapsed = (performance.now() - startedAt) / 1_000;
    const share = Math.max(0, (others() - before) / (elapsed * cpus().length));
    const percent = `${(share * 100).toFixed(1)} % of the machine`;
    return share <= quietShareMax
      ? `quiet: others had ${percent} meanwhile`
      : `**busy: others had ${percent} meanwhile; a lead, not a figure**`;
  };
}
