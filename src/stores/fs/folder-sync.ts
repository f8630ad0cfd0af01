import type { Disk } from '../../world/index.ts';

/**
 * Makes names durable, once for all who wait: whoever asks while an fsync of the folder runs shares
 * the next one, for the running one may have begun before their rename.
 */
export class FolderSync {
  readonly #disk: Disk;
  readonly #running = new Map<string, Promise<void>>();
  readonly #next = new Map<string, Promise<void>>();

  constructor(disk: Disk) {
    this.#disk = disk;
  }

  /** Resolves when every name that was in the folder at the call survives a power cut. */
  sync(folder: string): Promise<void> {
    const running = this.#running.get(folder);
    if (running === undefined) return this.#start(folder);
    const shared = this.#next.get(folder);
    if (shared !== undefined) return shared;
    const next = running
      .catch(() => {})
      .then(() => {
        this.#next.delete(folder);
        return this.#start(folder);
      });
    this.#next.set(folder, next);
    return next;
  }

  #start(folder: string): Promise<void> {
    const work = this.#disk.syncFolder(folder).finally(() => {
      if (this.#running.get(folder) === work) this.#running.delete(folder);
    });
    this.#running.set(folder, work);
    return work;
  }
}
