/** The workers of a server process, told apart: whoever is stopped accepts nothing. */
import { readFileSync } from 'node:fs';
import type { ServerProcess } from './server-process.ts';

/** As proc(5) has it: `T` is stopped; `undefined` for a process that is gone. */
function stateOf(pid: number): string | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'latin1');
    // The name before it may hold anything but ends with the last parenthesis.
    return text.slice(text.lastIndexOf(')') + 2).split(' ')[0];
  } catch {
    return undefined;
  }
}

/** Longest wait for what a server should do by itself. */
const patienceMs = 30_000;

/**
 * Process ids of the workers, when so many serve and those of `gone` are none of them.
 */
export async function workersOf(
  { consolePort, condition }: ServerProcess,
  count: number,
  gone: readonly number[] = [],
): Promise<number[]> {
  const deadline = performance.now() + patienceMs;
  for (;;) {
    const answer = await fetch(`http://127.0.0.1:${consolePort}/ready`);
    const { workers } = (await answer.json()) as { workers?: { serving: number[] } };
    const serving = workers?.serving ?? [];
    if (serving.length === count && !gone.some((pid) => serving.includes(pid))) return serving;
    if (performance.now() > deadline) throw new Error(`No ${count} workers: ${condition()}`);
  }
}

/** Does the work while of `pids` only this one runs: it serves every connection made meanwhile. */
export async function servedBy<Value>(
  pid: number,
  pids: readonly number[],
  work: () => Promise<Value>,
): Promise<Value> {
  const others = pids.filter((other) => other !== pid);
  try {
    for (const other of others) stop(other);
    return await work();
  } finally {
    for (const other of others) process.kill(other, 'SIGCONT');
  }
}

/** A signal takes a moment; a process that still runs could accept one more connection. */
function stop(pid: number): void {
  process.kill(pid, 'SIGSTOP');
  for (let looks = 0; looks < 1_000_000; looks += 1) {
    const state = stateOf(pid);
    if (state === 'T' || state === undefined) return;
  }
  throw new Error(`Process ${pid} does not stop.`);
}

/** A zombie counts as gone: whoever started it has not looked yet. */
export function isAlive(pid: number): boolean {
  const state = stateOf(pid);
  return state !== undefined && state !== 'Z';
}
