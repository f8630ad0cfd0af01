/**
 * Access logs: every request to a bucket with a `logging` document becomes a line of an object in
 * the target bucket, hour by hour (oss-semantics.md 6). What a line says comes from two sides: the
 * pipeline knows the operation, the connection knows how the answer ended.
 */
import type { Bucket, LifecycleEvent } from '../buckets/index.ts';
import { type AnswerRecord, type HttpRequest, withoutCredentials } from '../http/index.ts';
import type { World } from '../world/index.ts';
import { formatLine, type LinePlace } from './line.ts';
import { Shelf, type ShelfOptions } from './shelf.ts';

/** What the pipeline knows of a request when its answer begins. */
export interface RequestFacts {
  readonly bucket: Bucket;
  readonly key: string | undefined;
  /** `undefined`: none that the table has. */
  readonly operation: string | undefined;
  readonly requesterId: string | undefined;
  readonly accessKeyId: string | undefined;
  readonly errorCode: string | undefined;
  readonly objectSize: number | undefined;
  readonly storageClass: string | undefined;
  readonly deltaBytes: number | undefined;
}

export interface AccessLog {
  /** Before the answer is sent; free for a bucket that is not logged. */
  begin(request: HttpRequest, facts: RequestFacts): void;
  /** The answer has been sent, or was broken off: then no line tells of it. */
  answered(record: AnswerRecord): void;
  /** What a rule did to an object is a line like any other. */
  applied(event: LifecycleEvent): void;
  /** Writes what waits. Nothing may be told any more. */
  stop(): Promise<void>;
}

/** So often it is looked whether an hour is over. */
const turnMs = 60_000;

interface Begun {
  readonly facts: RequestFacts;
  readonly referer: string | undefined;
  readonly requestBytes: number;
  readonly serverMs: number;
}

export function createAccessLog(
  options: ShelfOptions & LinePlace & { readonly world: World },
): AccessLog {
  const { world } = options;
  const shelf = new Shelf(options);
  /** By request id; no more than there are requests under way. */
  const begun = new Map<string, Begun>();
  const stopTimer = world.timers.every(turnMs, () => shelf.turn());
  return {
    begin(request, facts) {
      // Whoever is gone already is not heard of again.
      if (!isLogged(facts.bucket) || request.signal.aborted) return;
      const { referer } = request.headers;
      begun.set(request.requestId, {
        facts,
        referer: referer === undefined ? undefined : withoutCredentials(referer),
        requestBytes: bytesOf(request),
        serverMs: Math.max(0, world.clock.now() - request.receivedAt),
      });
    },
    answered(record) {
      if (begun.size === 0) return;
      const found = begun.get(record.requestId);
      if (found === undefined) return;
      begun.delete(record.requestId);
      if (record.isComplete) shelf.add(found.facts.bucket, lineOf(record, found, options));
    },
    applied({ bucket, freedBytes, size, ...event }) {
      if (!isLogged(bucket)) return;
      const line = formatLine(
        {
          ...event,
          at: world.clock.now(),
          bucket: bucket.name,
          ownerId: bucket.accountId,
          objectSize: size,
          deltaBytes: freedBytes === undefined ? undefined : -freedBytes,
          syncRequest: 'lifecycle',
        },
        options,
      );
      shelf.add(bucket, line);
    },
    async stop() {
      stopTimer();
      await shelf.end();
    },
  };
}

function isLogged({ documents }: Bucket): boolean {
  return documents.includes('logging');
}

function lineOf(record: AnswerRecord, begun: Begun, place: LinePlace): string {
  const { bucket, operation, ...facts } = begun.facts;
  return formatLine(
    {
      ...facts,
      at: record.receivedAt,
      remoteAddress: record.remoteAddress,
      requestLine: `${record.method} ${record.target} HTTP/1.1`,
      status: record.status,
      sentBytes: record.bodyBytes,
      totalMs: record.durationMs,
      referer: begun.referer,
      userAgent: record.userAgent,
      host: record.host,
      requestId: record.requestId,
      operation: operation ?? '',
      bucket: bucket.name,
      serverMs: begun.serverMs,
      requestBytes: begun.requestBytes,
      ownerId: bucket.accountId,
    },
    place,
  );
}

/** Head and body; of a body without a length, the head alone. */
function bytesOf({ method, target, headers, body }: HttpRequest): number {
  let bytes = method.length + target.length + ' HTTP/1.1\r\n'.length + 1 + '\r\n'.length;
  for (const name in headers) {
    bytes += name.length + (headers[name]?.length ?? 0) + ': \r\n'.length;
  }
  return bytes + (body.length ?? 0);
}
