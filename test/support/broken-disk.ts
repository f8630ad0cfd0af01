/** The real disk, of which any one call can be made to fail as volumes do. */
import { type Disk, type DiskFile, realDisk } from '../../src/world/index.ts';

export type DiskCall =
  | 'create'
  | 'open'
  | 'write'
  | 'read'
  | 'size'
  | 'sync'
  | 'close'
  | 'rename'
  | 'link'
  | 'remove'
  | 'makeFolder'
  | 'syncFolder'
  | 'list'
  | 'facts'
  | 'readNow'
  | 'freeBytes';

export interface Fault {
  readonly call: DiskCall;
  /** Counted from now on: 1 is the next call of this kind. */
  readonly nth?: number;
  readonly code: 'ENOSPC' | 'EDQUOT' | 'EIO' | 'EACCES';
  /** A write that fails after half of its bytes. */
  readonly isShort?: boolean;
  /** Every call from the n-th on fails, not it alone. */
  readonly isLasting?: boolean;
}

export interface BrokenDisk extends Disk {
  /** Arms a fault; several may be armed. */
  break(fault: Fault): void;
  /** From now on everything works again. */
  mend(): void;
  /** How often each call was made. */
  readonly calls: Readonly<Partial<Record<DiskCall, number>>>;
  /** How many faults have struck. */
  readonly struck: number;
  /** What `freeBytes` answers instead of the truth. */
  freeBytesShown: number | undefined;
}

export function createBrokenDisk(): BrokenDisk {
  return new Breaking();
}

class Breaking implements BrokenDisk {
  readonly calls: Partial<Record<DiskCall, number>> = {};
  struck = 0;
  freeBytesShown: number | undefined;
  #armed: { fault: Fault; at: number }[] = [];

  break(fault: Fault): void {
    this.#armed.push({ fault, at: (this.calls[fault.call] ?? 0) + (fault.nth ?? 1) });
  }

  mend(): void {
    this.#armed = [];
  }

  create = async (path: string) =>
    this.#wrap(await this.#do('create', () => realDisk.create(path)));
  open = async (path: string) => this.#wrap(await this.#do('open', () => realDisk.open(path)));
  rename = (from: string, to: string) => this.#do('rename', () => realDisk.rename(from, to));
  link = (from: string, to: string) => this.#do('link', () => realDisk.link(from, to));
  remove = (path: string) => this.#do('remove', () => realDisk.remove(path));
  makeFolder = (path: string) => this.#do('makeFolder', () => realDisk.makeFolder(path));
  syncFolder = (path: string) => this.#do('syncFolder', () => realDisk.syncFolder(path));
  list = (path: string) => this.#do('list', () => realDisk.list(path));
  facts = (path: string) => this.#do('facts', () => realDisk.facts(path));
  readNow = (path: string) => {
    this.#strike('readNow');
    return realDisk.readNow(path);
  };
  freeBytes = (path: string) =>
    this.#do('freeBytes', async () => this.freeBytesShown ?? realDisk.freeBytes(path));

  #wrap(file: DiskFile): DiskFile {
    return {
      write: (bytes) =>
        this.#do(
          'write',
          () => file.write(bytes),
          () => file.write(bytes.subarray(0, bytes.byteLength >> 1)),
        ),
      read: (target, position) => this.#do('read', () => file.read(target, position)),
      size: () => this.#do('size', () => file.size()),
      sync: () => this.#do('sync', () => file.sync()),
      // A close that fails has closed all the same.
      close: () =>
        this.#do(
          'close',
          () => file.close(),
          () => file.close(),
        ),
    };
  }

  async #do<Value>(
    call: DiskCall,
    work: () => Promise<Value>,
    half?: () => Promise<unknown>,
  ): Promise<Value> {
    try {
      this.#strike(call);
    } catch (error) {
      if (call === 'close' || (error as InjectedFault).isShort) await half?.();
      throw error;
    }
    return work();
  }

  #strike(call: DiskCall): void {
    const count = (this.calls[call] ?? 0) + 1;
    this.calls[call] = count;
    const struck = this.#armed.find(
      ({ fault, at }) => fault.call === call && (fault.isLasting ? count >= at : count === at),
    );
    if (struck === undefined) return;
    this.struck += 1;
    const { code, isShort } = struck.fault;
    throw Object.assign(new Error(`${code}: injected, ${call}`), { code, isShort });
  }
}

type InjectedFault = Error & Pick<Fault, 'code' | 'isShort'>;
