/** The program as a user runs it: child processes through the entry point. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { fileURLToPath } from 'node:url';

export const entry = fileURLToPath(new URL('../../bin/cnamed.cjs', import.meta.url));

export interface Finished {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Running {
  readonly child: ChildProcess;
  readonly stdout: () => string;
  readonly stderr: () => string;
  /** Resolves when standard output (or error) matches; rejects when the process ends before. */
  until(pattern: RegExp, stream?: 'stdout' | 'stderr'): Promise<RegExpExecArray>;
  readonly finished: Promise<Finished>;
}

export interface StartOptions {
  readonly environment?: Readonly<Record<string, string>>;
  /** The runtime and its own options; this very Node when left out. */
  readonly node?: readonly string[];
  readonly script?: string;
  readonly folder?: string;
}

/** Without the variables of whoever runs the tests. */
function cleanEnvironment(): NodeJS.ProcessEnv {
  const entries = Object.entries(process.env);
  return Object.fromEntries(entries.filter(([name]) => !name.startsWith('CNAMED_')));
}

export function start(words: readonly string[], options: StartOptions = {}): Running {
  const [runtime = process.execPath, ...flags] = options.node ?? [];
  const child = spawn(runtime, [...flags, options.script ?? entry, ...words], {
    env: { ...cleanEnvironment(), ...options.environment },
    stdio: ['ignore', 'pipe', 'pipe'],
    ...(options.folder === undefined ? {} : { cwd: options.folder }),
  });
  const text = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (chunk: string) => {
      text[name] += chunk;
      child.emit('spoke');
    });
  }
  const finished = once(child, 'close').then(([code, signal]) => ({ code, signal, ...text }));
  return {
    child,
    stdout: () => text.stdout,
    stderr: () => text.stderr,
    finished,
    async until(pattern, stream = 'stdout') {
      const end = finished.then(({ code, stderr }) => {
        throw new Error(`ended with ${code} before ${pattern}: ${stderr}`);
      });
      for (;;) {
        const match = pattern.exec(text[stream]);
        if (match) {
          end.catch(() => {});
          return match;
        }
        await Promise.race([once(child, 'spoke'), end]);
      }
    },
  };
}

export function run(words: readonly string[], options: StartOptions = {}): Promise<Finished> {
  return start(words, options).finished;
}

export interface ServerProcess extends Running {
  readonly httpPort: number;
  readonly httpsPort: number;
}

export const freePorts = {
  CNAMED_HTTP: '127.0.0.1:0',
  CNAMED_HTTPS: '127.0.0.1:0',
  CNAMED_CONSOLE: 'off',
} as const;

/** Resolves when the ready line was printed. */
export async function serve(options: StartOptions): Promise<ServerProcess> {
  const server = start(['serve'], options);
  const ready = /^cnamed ready http:\/\/127\.0\.0\.1:(\d+) https:\/\/127\.0\.0\.1:(\d+)\n/;
  const [, http, https] = await server.until(ready);
  return { ...server, httpPort: Number(http), httpsPort: Number(https) };
}

/** Kills what still runs, so that a failing test leaves nothing behind. */
export async function end(running: Running | undefined, signal: NodeJS.Signals = 'SIGTERM') {
  if (!running) return undefined;
  running.child.kill(signal);
  return running.finished;
}

/** A port of loopback that was free a moment ago, for settings that must be known beforehand. */
export async function reservePort(): Promise<number> {
  const listener = createServer().listen(0, '127.0.0.1');
  await once(listener, 'listening');
  const address = listener.address();
  listener.close();
  await once(listener, 'close');
  return address !== null && typeof address === 'object' ? address.port : 0;
}
