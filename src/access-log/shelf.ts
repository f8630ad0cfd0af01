/**
 * Lines of access logs from when they are said until they are objects: in memory, by bucket and
 * hour, and never more of them than a fixed number of bytes.
 */
import {
  type Bucket,
  type BucketDocuments,
  type Buckets,
  defaultEncryption,
  type Objects,
} from '../buckets/index.ts';
import { OssError } from '../errors/index.ts';
import type { Instant, World } from '../world/index.ts';
import { formatHour, hourOf } from './line.ts';

export interface ShelfLimits {
  /** A log of so many bytes is written before its hour is over. */
  readonly logBytesMax: number;
  /** All lines that wait. Beyond half of it everything is written; beyond it lines are lost. */
  readonly bytesMax: number;
}

export const shelfLimits: ShelfLimits = {
  logBytesMax: 1024 * 1024,
  bytesMax: 16 * 1024 * 1024,
};

export type ShelfNotice =
  /** There was no room, or no time before the end. */
  | { readonly event: 'lost'; readonly lines: number }
  /** The lines are lost: there is nowhere to write them. */
  | { readonly event: 'refused'; readonly bucket: string; readonly problem: unknown }
  /** They wait for the next try. */
  | { readonly event: 'failed'; readonly bucket: string; readonly problem: unknown };

export interface ShelfOptions {
  readonly buckets: Pick<Buckets, 'findBucket'>;
  readonly objects: Pick<Objects, 'putObject'>;
  readonly documents: Pick<BucketDocuments, 'find'>;
  readonly world: Pick<World, 'clock' | 'random'>;
  /** East of Greenwich. */
  readonly zoneMinutes: number;
  readonly limits?: ShelfLimits;
  readonly report: (notice: ShelfNotice) => void;
}

/** Lines of one bucket and one hour, in the order they came. */
interface Log {
  /** As the latest line saw it. */
  bucket: Bucket;
  readonly hour: Instant;
  readonly lines: string[];
  bytes: number;
}

/** A store that is away or full comes back; a bucket that takes no log does not. */
const passing: ReadonlySet<string> = new Set(['ServiceUnavailable', 'InsufficientStorage']);
/** What a line costs beside its bytes, roughly. */
const lineOverheadBytes = 64;

export class Shelf {
  readonly #options: ShelfOptions;
  readonly #limits: ShelfLimits;
  readonly #open = new Map<number, Log>();
  /** Nothing is added to them any more; the first is written first. */
  #full: Log[] = [];
  #bytes = 0;
  #lost = 0;
  #writing: Promise<void> | undefined;

  constructor(options: ShelfOptions) {
    this.#options = options;
    this.#limits = options.limits ?? shelfLimits;
  }

  add(bucket: Bucket, line: string): void {
    const bytes = line.length + lineOverheadBytes;
    if (this.#bytes + bytes > this.#limits.bytesMax) {
      this.#lost += 1;
      return;
    }
    const log = this.#logOf(bucket);
    log.bucket = bucket;
    log.lines.push(line);
    log.bytes += bytes;
    this.#bytes += bytes;
    if (log.bytes >= this.#limits.logBytesMax) this.#close([log]);
    if (this.#bytes > this.#limits.bytesMax / 2) this.#close([...this.#open.values()]);
  }

  /** Writes what is of an hour that is over, and what could not be written before. */
  turn(): void {
    const hour = this.#hour();
    this.#close([...this.#open.values()].filter((log) => log.hour < hour));
    this.#tellLost();
    void this.#write();
  }

  /** Writes all there is; what cannot be written is lost. */
  async end(): Promise<void> {
    this.#close([...this.#open.values()]);
    await this.#writing;
    await this.#write();
    this.#lost += this.#full.reduce((count, { lines }) => count + lines.length, 0);
    this.#full = [];
    this.#tellLost();
  }

  #hour(): Instant {
    const { world, zoneMinutes } = this.#options;
    return hourOf(world.clock.now(), zoneMinutes);
  }

  #logOf(bucket: Bucket): Log {
    const hour = this.#hour();
    const open = this.#open.get(bucket.id);
    if (open?.hour === hour) return open;
    if (open !== undefined) this.#close([open]);
    const log: Log = { bucket, hour, lines: [], bytes: 0 };
    this.#open.set(bucket.id, log);
    return log;
  }

  #close(logs: readonly Log[]): void {
    if (logs.length === 0) return;
    for (const log of logs) this.#open.delete(log.bucket.id);
    this.#full.push(...logs);
    void this.#write();
  }

  #tellLost(): void {
    if (this.#lost === 0) return;
    this.#options.report({ event: 'lost', lines: this.#lost });
    this.#lost = 0;
  }

  /** One at a time; ends when all are written or the store cannot take more. Never rejects. */
  #write(): Promise<void> {
    this.#writing ??= this.#writeAll().finally(() => {
      this.#writing = undefined;
    });
    return this.#writing;
  }

  async #writeAll(): Promise<void> {
    for (let log = this.#full[0]; log !== undefined; log = this.#full[0]) {
      const bucket = log.bucket.name;
      try {
        await this.#writeOne(log);
      } catch (problem) {
        if (problem instanceof OssError && passing.has(problem.code)) {
          this.#options.report({ event: 'failed', bucket, problem });
          return;
        }
        this.#options.report({ event: 'refused', bucket, problem });
      }
      this.#full.shift();
      this.#bytes -= log.bytes;
    }
  }

  /** With the rights of the owner, who may have turned logging off meanwhile. */
  async #writeOne({ bucket, hour, lines }: Log): Promise<void> {
    const { buckets, documents, objects, world } = this.#options;
    const logging = await documents.find(bucket, 'logging');
    if (logging === undefined) return;
    const target = await buckets.findBucket(logging.targetBucket);
    if (target?.accountId !== bucket.accountId) {
      throw new OssError('InvalidTargetBucketForLogging');
    }
    const unique = world.random.bytes(8).toString('hex');
    const bytes = Buffer.from(lines.join(''), 'latin1');
    await objects.putObject({
      bucket: target,
      key: `${logging.targetPrefix}${bucket.name}${formatHour(hour, this.#options.zoneMinutes)}-${unique}`,
      content: {
        length: bytes.length,
        async *stream() {
          yield bytes;
        },
      },
      expected: {},
      facts: { headers: { 'content-type': 'text/plain' }, metadata: {} },
      acl: 'default',
      storageClass: undefined,
      isOverwriteForbidden: false,
      extras: defaultEncryption(await documents.find(target, 'encryption')),
    });
  }
}
