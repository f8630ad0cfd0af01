import { Worker } from 'node:worker_threads';

/** Starts a thread of this folder; it reads `data` as its `workerData`. */
export function startThread(name: 'checker' | 'writer', data: unknown): Worker {
  // Beside this module, and of its kind: TypeScript in the repository, JavaScript when published.
  const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
  const module = new URL(`./${name}.${extension}`, import.meta.url);
  // Flags of the process (how it reads its own entry point, for one) are not for its threads.
  return new Worker(module, { workerData: data, execArgv: [] });
}
