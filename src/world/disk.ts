/**
 * The disk as the stores see it: exactly the calls whose failure must be survivable, so that a test
 * can make any one of them fail, run full or stop half way (security.md section 8).
 */
import { constants, promises as fs, readFileSync } from 'node:fs';

export interface DiskFile {
  /** Writes all of `bytes` at the end; a short write is completed or fails. */
  write(bytes: Uint8Array): Promise<void>;
  /** Reads into `target` from `position`; returns the bytes read, 0 at the end. */
  read(target: Uint8Array, position: number): Promise<number>;
  size(): Promise<number>;
  /** After this returns the content survives a power cut. A failure is final: abandon the file. */
  sync(): Promise<void>;
  close(): Promise<void>;
}

export interface Disk {
  /** Creates a new file for writing; fails if it exists. Mode 0600. */
  create(path: string): Promise<DiskFile>;
  /** Opens an existing file for reading. */
  open(path: string): Promise<DiskFile>;
  rename(from: string, to: string): Promise<void>;
  /** Gives the file a second name; fails if something bears that name already. */
  link(from: string, to: string): Promise<void>;
  remove(path: string): Promise<void>;
  /** Creates the folder (mode 0700) and its parents; true when it was not there before. */
  makeFolder(path: string): Promise<boolean>;
  /** After this returns the names in the folder survive a power cut. */
  syncFolder(path: string): Promise<void>;
  /** Names in the folder, unsorted; empty when it does not exist. */
  list(path: string): Promise<string[]>;
  /**
   * Modification time in ms, size in bytes and permission bits; undefined when there is no such
   * file.
   */
  facts(path: string): Promise<{ modifiedAt: number; size: number; mode: number } | undefined>;
  /** All of a small file, before this returns: for the rare read inside a synchronous step. */
  readNow(path: string): Buffer;
  /** Bytes that an unprivileged writer may still use on the volume of `path`. */
  freeBytes(path: string): Promise<number>;
}

class RealFile implements DiskFile {
  readonly #handle: fs.FileHandle;
  constructor(handle: fs.FileHandle) {
    this.#handle = handle;
  }
  async write(bytes: Uint8Array): Promise<void> {
    let offset = 0;
    while (offset < bytes.byteLength) {
      const { bytesWritten } = await this.#handle.write(bytes, offset, bytes.byteLength - offset);
      if (bytesWritten === 0) throw new Error('The disk took no byte of a write.');
      offset += bytesWritten;
    }
  }
  async read(target: Uint8Array, position: number): Promise<number> {
    const { bytesRead } = await this.#handle.read(target, 0, target.byteLength, position);
    return bytesRead;
  }
  async size(): Promise<number> {
    return (await this.#handle.stat()).size;
  }
  sync(): Promise<void> {
    return this.#handle.sync();
  }
  close(): Promise<void> {
    return this.#handle.close();
  }
}

function isMissing(error: unknown): boolean {
  return (error as NodeJS.ErrnoException).code === 'ENOENT';
}

export const realDisk: Disk = {
  async create(path) {
    const flags = constants.O_CREAT | constants.O_EXCL | constants.O_WRONLY;
    return new RealFile(await fs.open(path, flags, 0o600));
  },
  async open(path) {
    return new RealFile(await fs.open(path, constants.O_RDONLY));
  },
  rename: (from, to) => fs.rename(from, to),
  link: (from, to) => fs.link(from, to),
  remove: (path) => fs.unlink(path),
  async makeFolder(path) {
    return (await fs.mkdir(path, { recursive: true, mode: 0o700 })) !== undefined;
  },
  async syncFolder(path) {
    const handle = await fs.open(path, constants.O_RDONLY);
    try {
      await handle.sync();
    } finally {
      await handle.close();
    }
  },
  async list(path) {
    try {
      return await fs.readdir(path);
    } catch (error) {
      if (isMissing(error)) return [];
      throw error;
    }
  },
  async facts(path) {
    try {
      const stat = await fs.stat(path);
      return { modifiedAt: stat.mtimeMs, size: stat.size, mode: stat.mode & 0o777 };
    } catch (error) {
      if (isMissing(error)) return undefined;
      throw error;
    }
  },
  readNow: (path) => readFileSync(path),
  async freeBytes(path) {
    const stat = await fs.statfs(path);
    return stat.bavail * stat.bsize;
  },
};
