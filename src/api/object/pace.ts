/**
 * Traffic limits of single requests (oss-semantics.md 7.9): bits a second, down and up. Bytes are
 * held back until their time has come; nothing is kept meanwhile.
 */
import type { IncomingContent } from '../../buckets/index.ts';
import type { HttpRequest } from '../../http/index.ts';
import type { World } from '../../world/index.ts';
import { queryValue } from '../context.ts';
import { invalidArgument } from '../document.ts';
import type { OperationContext } from '../types.ts';

const name = 'x-oss-traffic-limit';
const bitsMin = 819_200;
const bitsMax = 838_860_800;

/**
 * Bytes a second; `undefined` where the request names no limit.
 * @throws OssError InvalidArgument.
 */
export function readTrafficLimit(request: HttpRequest): number | undefined {
  const inHeader = request.headers[name];
  const inQuery = queryValue(request, name);
  if (inHeader !== undefined && inQuery !== undefined) {
    const where = 'should be specified either in query string or header, not both.';
    throw invalidArgument(name, inHeader, `${name} ${where}`);
  }
  const value = inHeader ?? inQuery;
  if (value === undefined) return undefined;
  const bits = /^\d+$/.test(value) ? Number(value) : Number.NaN;
  if (bits >= bitsMin && bits <= bitsMax) return bits / 8;
  const range = `${bitsMin} to ${bitsMax} bits per second`;
  throw invalidArgument(name, value, `The traffic limit must be a number from ${range}.`);
}

/** Each chunk is given when its last byte may pass. Rejects when `signal` aborts in between. */
export async function* paced<Chunk extends Uint8Array>(
  chunks: AsyncIterable<Chunk>,
  bytesPerSecond: number,
  { clock, timers }: Pick<World, 'clock' | 'timers'>,
  signal: AbortSignal,
): AsyncGenerator<Chunk, void, undefined> {
  const begunAt = clock.monotonicMs();
  let passed = 0;
  for await (const chunk of chunks) {
    passed += chunk.length;
    const waitMs = (passed * 1000) / bytesPerSecond - (clock.monotonicMs() - begunAt);
    if (waitMs >= 1) await timers.delay(waitMs, signal);
    yield chunk;
  }
}

/** The body of the request, at the pace it asked for itself. */
export function pacedBody({ request, services }: OperationContext): IncomingContent {
  const bytesPerSecond = readTrafficLimit(request);
  if (bytesPerSecond === undefined) return request.body;
  const { body, signal } = request;
  return {
    length: body.length,
    stream: () => paced(body.stream(), bytesPerSecond, services.world, signal),
  };
}
