import type { Disk, DiskFile } from '../../world/index.ts';
import type { Announce, BlobWriter } from '../ports/blobs.ts';
import { StoreUnavailable } from '../ports/engine.ts';
import { unavailable } from './failures.ts';
import type { FolderSync } from './folder-sync.ts';
import type { Layout } from './layout.ts';
import type { OpenFiles } from './open-files.ts';
import type { Reserve } from './reserve.ts';

export interface WriterParts {
  readonly disk: Disk;
  readonly layout: Layout;
  readonly reserve: Reserve;
  readonly folderSync: FolderSync;
  readonly openFiles: OpenFiles;
  /** Names below tmp/ that writers of this process are at. */
  readonly unfinished: Set<string>;
}

/**
 * One blob on its way to the disk (security.md 8.1). The first failure of any kind is final: the
 * file is abandoned, and every later call is refused.
 */
export class FileBlobWriter implements BlobWriter {
  readonly #parts: WriterParts;
  readonly #name: string;
  readonly #file: DiskFile;
  readonly #announce: Announce | undefined;
  /** Promised by the reserve, and not written yet. */
  #promised: number;
  readonly #givenId: string | undefined;
  #state: 'open' | 'finished' | 'abandoned' = 'open';
  #isFileOpen = true;

  constructor(
    parts: WriterParts,
    name: string,
    file: DiskFile,
    options: {
      readonly promised: number;
      readonly announce: Announce | undefined;
      readonly blobId: string | undefined;
    },
  ) {
    this.#parts = parts;
    this.#name = name;
    this.#file = file;
    this.#promised = options.promised;
    this.#announce = options.announce;
    this.#givenId = options.blobId;
  }

  async write(bytes: Uint8Array): Promise<void> {
    this.#expectOpen();
    try {
      const beyond = bytes.byteLength - this.#promised;
      if (beyond > 0) {
        await this.#parts.reserve.take(beyond);
        this.#promised += beyond;
      }
      await this.#file.write(bytes);
      this.#settle(bytes.byteLength);
    } catch (error) {
      await this.abandon();
      throw unavailable(error, 'The object could not be written');
    }
  }

  async finish(): Promise<string> {
    this.#expectOpen();
    const { disk, layout, folderSync, openFiles, unfinished } = this.#parts;
    const blobId = this.#givenId ?? layout.newBlobId();
    const path = layout.blobPath(blobId);
    let isNamed = false;
    try {
      await this.#file.sync();
      await this.#closeFile();
      // Until it has its name nobody can take it for an orphan.
      await this.#announce?.(blobId);
      await disk.rename(layout.unfinishedPath(this.#name), path);
      isNamed = true;
      openFiles.forget(path);
      await folderSync.sync(layout.shardFolder(blobId));
    } catch (error) {
      if (isNamed) await removeQuietly(disk, path);
      openFiles.forget(path);
      await this.abandon();
      throw unavailable(error, 'The object could not be made durable');
    }
    this.#state = 'finished';
    this.#settle(this.#promised);
    unfinished.delete(this.#name);
    return blobId;
  }

  async abandon(): Promise<void> {
    if (this.#state !== 'open') return;
    this.#state = 'abandoned';
    this.#settle(this.#promised);
    await this.#closeFile().catch(() => {});
    await removeQuietly(this.#parts.disk, this.#parts.layout.unfinishedPath(this.#name));
    this.#parts.unfinished.delete(this.#name);
  }

  #settle(bytes: number): void {
    this.#promised -= bytes;
    this.#parts.reserve.settle(bytes);
  }

  #expectOpen(): void {
    if (this.#state === 'open') return;
    throw new StoreUnavailable('failed', `The blob was ${this.#state} already.`);
  }

  async #closeFile(): Promise<void> {
    if (!this.#isFileOpen) return;
    this.#isFileOpen = false;
    await this.#file.close();
  }
}

/** What stays behind is removed by the sweep at the next start. */
async function removeQuietly(disk: Disk, path: string): Promise<void> {
  await disk.remove(path).catch(() => {});
}
