/**
 * Programs that run beside this one and never outlive it: each is a child in the foreground, and
 * the kernel ends it when we are gone, whatever ended us (prctl(2), PR_SET_PDEATHSIG). Nothing here
 * ends a process it did not start.
 */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';

const execute = promisify(execFile);

/** Whether a service answers is asked so often. */
const askEveryMs = 200;
/** One that does not end when it is told to is killed. */
const endWithinMs = 10_000;
const outputMax = 4_000;

export interface Daemon {
  readonly name: string;
  /** Resolves when it is gone. */
  stop(): Promise<void>;
  /** Resolves when `isThere` does not reject any more. Rejects when the daemon ends before. */
  until(isThere: () => Promise<unknown>, withinMs: number): Promise<void>;
}

export interface Command {
  readonly name: string;
  readonly program: string;
  readonly args: readonly string[];
  /** Account to run as; only root can choose one. */
  readonly account?: string | undefined;
  /** What makes it end in order. */
  readonly signal?: 'SIGTERM' | 'SIGINT';
  readonly environment?: Readonly<Record<string, string>>;
}

export function startDaemon(command: Command): Daemon {
  const { name, signal = 'SIGTERM' } = command;
  const [program = '', ...args] = asCommandLine(command, signal);
  const env = { ...process.env, ...command.environment };
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'], cwd: '/', env });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output = (output + text).slice(-outputMax);
    });
  }
  child.on('error', (error) => {
    output += String(error);
  });
  return {
    name,
    stop: () => end(child, signal),
    async until(isThere, withinMs) {
      const deadline = performance.now() + withinMs;
      for (;;) {
        if (hasEnded(child)) throw new Error(`${name} ended: ${output}`);
        try {
          return void (await isThere());
        } catch (error) {
          if (performance.now() < deadline) await delay(askEveryMs);
          else throw new Error(`${name} is not there: ${error}\n${output}`);
        }
      }
    },
  };
}

/** Runs a program to its end; returns what it printed. Rejects with what it complained about. */
export async function runProgram(
  program: string,
  args: readonly string[],
  options: { readonly account?: string | undefined } = {},
): Promise<string> {
  const [first = '', ...rest] = asAccount(options.account, [program, ...args]);
  const { stdout } = await execute(first, rest, { cwd: '/' });
  return stdout;
}

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, 'close');
  return port;
}

/** setpriv(1) is in util-linux, which every Debian has. */
function asCommandLine({ program, args, account }: Command, signal: string): string[] {
  const death = `--pdeathsig=${signal.slice('SIG'.length)}`;
  return ['setpriv', death, ...identity(account), '--', program, ...args];
}

function asAccount(account: string | undefined, command: string[]): string[] {
  return account === undefined ? command : ['setpriv', ...identity(account), '--', ...command];
}

function identity(account: string | undefined): string[] {
  return account === undefined ? [] : [`--reuid=${account}`, `--regid=${account}`, '--init-groups'];
}

function hasEnded(child: ChildProcess): boolean {
  return child.pid === undefined || child.exitCode !== null || child.signalCode !== null;
}

async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (hasEnded(child)) return;
  const gone = once(child, 'exit');
  const late = new AbortController();
  delay(endWithinMs, undefined, { signal: late.signal }).then(
    () => child.kill('SIGKILL'),
    () => {},
  );
  child.kill(signal);
  await gone;
  late.abort();
}
