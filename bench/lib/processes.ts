/** Processes under measurement: pinned to a core, their CPU time and memory read from /proc. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { availableParallelism } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import { processTree, safely } from '../../test/support/process-tree.ts';
import { findTool } from './tools.ts';

/** The servers' core, and that of whoever puts load on them. */
const serverCore = 0;
const loadCore = 1;

function pin(core: number): string[] {
  const taskset = findTool('taskset');
  return taskset && availableParallelism() > 1 ? [taskset, '-c', String(core)] : [];
}

export const serverPrefix: readonly string[] = pin(serverCore);
export const loadPrefix: readonly string[] = pin(loadCore);

/** Moves this process to the load's core: it is the client of measurements it makes itself. */
export function pinThisProcess(): void {
  const [taskset] = loadPrefix;
  if (taskset) spawnSync(taskset, ['-a', '-cp', String(loadCore), String(process.pid)]);
}

/** Moves a running server to the servers' core, with all it starts from now on. */
export function pinServer(pid: number): void {
  const [taskset] = serverPrefix;
  if (taskset) spawnSync(taskset, ['-a', '-cp', String(serverCore), String(pid)]);
}

let ticks = 0;

/** The unit of CPU times in /proc. */
export function ticksPerSecond(): number {
  ticks ||= Number(spawnSync('getconf', ['CLK_TCK'], { encoding: 'utf8' }).stdout) || 100;
  return ticks;
}

/** Fields of /proc/PID/stat behind the name: user and system time, own and of ended children. */
const timeFields = [11, 12, 13, 14] as const;

/**
 * CPU seconds the process tree has used, user and system. Children that ended count with whoever
 * waited for them: a database ends a process with each connection.
 */
export function cpuSeconds(pid: number): number {
  let sum = 0;
  for (const each of processTree(pid)) {
    const stat = safely(() => readFileSync(`/proc/${each}/stat`, 'utf8'));
    const fields = stat?.slice(stat.lastIndexOf(')') + 2).split(' ') ?? [];
    for (const field of timeFields) sum += Number(fields[field] ?? 0);
  }
  return sum / ticksPerSecond();
}

/** Resident memory of the process tree, MiB. */
export function residentMiB(pid: number): number {
  let kilobytes = 0;
  for (const each of processTree(pid)) {
    const status = safely(() => readFileSync(`/proc/${each}/status`, 'utf8'));
    kilobytes += Number(/VmRSS:\s+(\d+)/.exec(status ?? '')?.[1] ?? 0);
  }
  return kilobytes / 1024;
}

export interface Background {
  readonly pid: number;
  /** From the spawn until it accepted. */
  readonly readyAfterMs: number;
  stop(): Promise<unknown>;
}

/** HAProxy takes two minutes to read 100,000 certificates. */
const startWithinMs = 600_000;

/** Starts a server on the servers' core; resolves when `port` accepts. */
export async function startServer(
  command: readonly string[],
  port: number,
  environment: Readonly<Record<string, string>> = {},
): Promise<Background> {
  const [program = '', ...args] = [...serverPrefix, ...command];
  const child = spawn(program, args, {
    env: { ...process.env, ...environment },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const startedAt = performance.now();
  let complaints = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    complaints = (complaints + text).slice(-2_000);
  });
  for (; !(await accepts(port)); await delay(10)) {
    if (child.exitCode !== null || performance.now() > startedAt + startWithinMs) {
      child.kill('SIGKILL');
      throw new Error(`${command[0]} is not up on port ${port}: ${complaints}`);
    }
  }
  const readyAfterMs = performance.now() - startedAt;
  return { pid: child.pid ?? 0, readyAfterMs, stop: () => end(child) };
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1' });
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exit = once(child, 'exit');
  child.kill('SIGTERM');
  const last = setTimeout(() => child.kill('SIGKILL'), 5_000);
  await exit;
  clearTimeout(last);
}
