/** What the system says of a process (Linux, proc(5)). */
import { readdirSync, readFileSync } from 'node:fs';

const pageBytes = 4_096;

/** Memory in use, MiB. */
export function residentMiB(pid: number): number {
  const pages = Number(readFileSync(`/proc/${pid}/statm`, 'utf8').split(' ')[1] ?? 0);
  return Math.round((pages * pageBytes) / 1024 ** 2);
}

/** Files and connections. */
export function filesOpen(pid: number): number {
  return readdirSync(`/proc/${pid}/fd`).length;
}
