/** The processes below this one, as the system lists them (Linux, proc(5)). */
import { readdirSync, readFileSync } from 'node:fs';

/** Kills what this process started and what that started, and tells what was still there. */
export function endAllBelow(): string[] {
  const left: string[] = [];
  for (const pid of processTree(process.pid).slice(1)) {
    const name = safely(() => readFileSync(`/proc/${pid}/comm`, 'utf8').trim());
    if (name === undefined || safely(() => process.kill(pid, 'SIGKILL')) === undefined) continue;
    left.push(name);
  }
  return left;
}

/** The process and all below it. */
export function processTree(pid: number): number[] {
  const below: number[] = [];
  for (const thread of safely(() => readdirSync(`/proc/${pid}/task`)) ?? []) {
    const text = safely(() => readFileSync(`/proc/${pid}/task/${thread}/children`, 'utf8'));
    for (const child of text?.split(' ').filter((part) => part) ?? []) below.push(Number(child));
  }
  return [pid, ...below.flatMap(processTree)];
}

/** What is read of a process, or undefined when it has gone meanwhile. */
export function safely<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}
