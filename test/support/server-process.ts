/**
 * The server as people start it: a process of its own, by the command line, that can be killed.
 * Tests that only talk to it use test/support/server.ts, which is cheaper.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';
import { withEdition } from './editions.ts';
import { loopDelaysTo } from './loop-delay.ts';

const entry = resolve(import.meta.dirname, '../../bin/cnamed.cjs');

export interface ServerProcess {
  readonly pid: number;
  readonly httpPort: number;
  readonly httpsPort: number;
  /** Of /live and /ready. */
  readonly consolePort: number;
  /** From the spawn to the ready line. */
  readonly readyAfterMs: number;
  /** How it ended, if it did, and the last it wrote on standard error. */
  condition(): string;
  /** SIGKILL; resolves when the process is gone. */
  kill(): Promise<void>;
  /** SIGTERM; resolves to the exit code. */
  stop(): Promise<number | null>;
}

export interface ServerProcessOptions {
  readonly dataDir: string;
  readonly accessKeyId: string;
  readonly accessKeySecret: string;
  /** More settings, by variable name without the prefix. */
  readonly settings?: Readonly<Record<string, string>>;
  /** Where it writes how late its event loop is, each second; read by `loopDelays`. */
  readonly loopDelayFile?: string;
  /** Put in front of the command, e.g. `taskset -c 0`. */
  readonly prefix?: readonly string[];
  /** Kills the process at this moment if it is not ready by then. */
  readonly killUnreadyAfterMs?: number;
}

/** Resolves when the server accepts; `undefined` when it was killed before. */
export async function startServerProcess(
  options: ServerProcessOptions,
): Promise<ServerProcess | undefined> {
  const environment = await environmentOf(options);
  const startedAt = performance.now();
  const [command = '', ...args] = [...(options.prefix ?? []), process.execPath, entry, 'serve'];
  const child = spawn(command, args, {
    env: environment,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const timer =
    options.killUnreadyAfterMs === undefined
      ? undefined
      : setTimeout(() => child.kill('SIGKILL'), options.killUnreadyAfterMs);
  let complaints = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    complaints = (complaints + text).slice(-4_000);
  });
  const condition = () => `${child.exitCode ?? child.signalCode ?? 'running'}: ${complaints}`;
  const line = await readyLine(child, condition);
  clearTimeout(timer);
  if (line === undefined) return undefined;
  const portOf = (listener: RegExp): number => Number(listener.exec(line)?.[1] ?? 0);
  return {
    pid: child.pid ?? 0,
    httpPort: portOf(/http:\S+:(\d+)/),
    httpsPort: portOf(/https:\S+:(\d+)/),
    consolePort: portOf(/console \S+:(\d+)/),
    readyAfterMs: performance.now() - startedAt,
    condition,
    async kill() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const exit = once(child, 'exit');
      child.kill('SIGKILL');
      await exit;
    },
    async stop() {
      if (child.exitCode !== null || child.signalCode !== null) return child.exitCode;
      const exit = once(child, 'exit');
      child.kill('SIGTERM');
      const [code] = (await exit) as [number | null];
      return code;
    },
  };
}

async function environmentOf(options: ServerProcessOptions): Promise<Record<string, string>> {
  const environment: Record<string, string> = {
    PATH: process.env.PATH ?? '',
    CNAMED_HTTP: '127.0.0.1:0',
    CNAMED_HTTPS: '127.0.0.1:0',
    CNAMED_CONSOLE: '127.0.0.1:0',
    CNAMED_DATA_DIR: options.dataDir,
    CNAMED_ACCESS_KEY_ID: options.accessKeyId,
    CNAMED_ACCESS_KEY_SECRET: options.accessKeySecret,
    CNAMED_LOG_LEVEL: 'warn',
  };
  if (options.loopDelayFile !== undefined) {
    Object.assign(environment, loopDelaysTo(options.loopDelayFile));
  }
  for (const [name, value] of Object.entries(options.settings ?? {})) {
    environment[`CNAMED_${name}`] = value;
  }
  return withEdition(options.dataDir, environment);
}

/** The one line of standard output, or `undefined` when it was killed; rejects on another end. */
async function readyLine(
  child: ChildProcess,
  condition: () => string,
): Promise<string | undefined> {
  let output = '';
  return new Promise((resolve, reject) => {
    child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      output += text;
      const end = output.indexOf('\n');
      if (end !== -1) resolve(output.slice(0, end));
    });
    child.once('error', reject);
    child.once('close', (_code, signal) => {
      if (signal === 'SIGKILL') resolve(undefined);
      else reject(new Error(`The server ended with ${condition()}`));
    });
  });
}
