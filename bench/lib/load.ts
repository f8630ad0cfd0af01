/**
 * What puts load on a server, and what came of it, also for each second of the server's own CPU.
 */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { cpuSeconds, loadPrefix } from './processes.ts';
import { compile } from './tools.ts';

const execute = promisify(execFile);

export interface Measured {
  /** For each second of the clock. */
  readonly perSecond: number;
  /** For each second of CPU that the server's processes used. */
  readonly perCpuSecond: number;
  readonly p99Ms: number;
  readonly bad: number;
}

async function underWatch<T>(
  pid: number,
  work: () => Promise<T>,
): Promise<{ cpu: number; answer: T }> {
  const before = cpuSeconds(pid);
  const answer = await work();
  return { cpu: Math.max(0.01, cpuSeconds(pid) - before), answer };
}

export interface KeepAliveLoad {
  readonly url: string;
  readonly pid: number;
  readonly seconds: number;
  readonly connections: number;
  readonly folder: string;
}

const unitMs: Readonly<Record<string, number>> = { us: 0.001, ms: 1, s: 1000, m: 60_000 };

async function runWrk(
  { connections, seconds, url, folder, pid }: KeepAliveLoad,
  ...options: readonly string[]
): Promise<{ cpu: number; text: string }> {
  const [program = '', ...args] = [...loadPrefix, 'wrk', '-t1', `-c${connections}`];
  args.push(`-d${seconds}s`, ...options, url);
  const env = { ...process.env, LD_PRELOAD: compile('loopback-names', folder) };
  const { cpu, answer } = await underWatch(pid, () => execute(program, args, { env }));
  return { cpu, text: answer.stdout };
}

/** Requests over kept connections, by wrk. */
export async function loadKeepAlive(load: KeepAliveLoad): Promise<Measured> {
  const { cpu, text } = await runWrk(load, '--latency');
  const count = Number(/(\d+) requests in/.exec(text)?.[1] ?? 0);
  const [, p99 = '0', unit = 'ms'] = /99%\s+([\d.]+)(us|ms|s|m)/.exec(text) ?? [];
  const refused = Number(/Non-2xx or 3xx responses: (\d+)/.exec(text)?.[1] ?? 0);
  const broken = /Socket errors: connect (\d+), read (\d+), write (\d+), timeout (\d+)/.exec(text);
  const errors = broken?.slice(1).reduce((sum, part) => sum + Number(part), 0) ?? 0;
  return {
    perSecond: Number(/Requests\/sec:\s+([\d.]+)/.exec(text)?.[1] ?? 0),
    perCpuSecond: count / cpu,
    p99Ms: Number(p99) * (unitMs[unit] ?? 1),
    bad: refused + errors,
  };
}

/** Requests over HTTP/2, so many streams at once on each connection, by h2load. */
export async function loadHttp2(load: KeepAliveLoad & { streams: number }): Promise<Measured> {
  const { connections, streams, seconds, url, folder, pid } = load;
  const [program = '', ...args] = [...loadPrefix, 'h2load', '-t1', `-c${connections}`];
  args.push(`-m${streams}`, `-D${seconds}`, '--warm-up-time=0', url);
  const env = { ...process.env, LD_PRELOAD: compile('loopback-names', folder) };
  const { cpu, answer } = await underWatch(pid, () => execute(program, args, { env }));
  const text = answer.stdout;
  const found = (pattern: RegExp): number => Number(pattern.exec(text)?.[1] ?? 0);
  const good = found(/status codes: (\d+) 2xx/);
  const bad = found(/(\d+) failed/) + found(/2xx, (\d+) 3xx/) + found(/(\d+) 4xx/);
  return { perSecond: good / seconds, perCpuSecond: good / cpu, p99Ms: 0, bad };
}

const byteUnits: Readonly<Record<string, number>> = {
  B: 1,
  KB: 1024,
  MB: 1024 ** 2,
  GB: 1024 ** 3,
};

/** Bytes received of answers that are too long to be counted as answers, by wrk. */
export async function loadBytes(
  load: KeepAliveLoad,
): Promise<Pick<Measured, 'perSecond' | 'perCpuSecond'>> {
  const { cpu, text } = await runWrk(load, '--timeout', '60s');
  const [, amount = '0', unit = 'B'] = /in [\d.]+\w+, ([\d.]+)([KMG]?B) read/.exec(text) ?? [];
  const bytes = Number(amount) * (byteUnits[unit] ?? 1);
  return { perSecond: bytes / load.seconds, perCpuSecond: bytes / cpu };
}

export interface HandshakeLoad {
  readonly port: number;
  readonly pid: number;
  readonly seconds: number;
  readonly names: number;
  readonly path: string;
  readonly folder: string;
  /** Else each is a full one. */
  readonly isResumed?: boolean;
  /** Names are drawn at random from it: with the same one, the same names once more. */
  readonly seed?: number;
}

/** Handshakes with one GET each, by tls-load. */
export async function loadHandshakes(load: HandshakeLoad): Promise<Measured> {
  const threads = 24;
  const [program = '', ...args] = [
    ...loadPrefix,
    compile('tls-load', load.folder),
    String(load.port),
    String(threads),
    String(load.seconds),
    String(load.names),
    load.path,
    load.isResumed ? 'resumed' : 'full',
    String(load.seed ?? 0),
  ];
  const { cpu, answer } = await underWatch(load.pid, () => execute(program, args));
  const seen: { good: number; bad: number; seconds: number; p99Ms: number } = JSON.parse(
    answer.stdout,
  );
  return {
    perSecond: seen.good / seen.seconds,
    perCpuSecond: seen.good / cpu,
    p99Ms: seen.p99Ms,
    bad: seen.bad,
  };
}
