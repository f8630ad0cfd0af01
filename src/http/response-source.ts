import type { BufferPool } from './buffer-pool.ts';
import type { ByteSource } from './types.ts';
import type { ResponseWriter } from './wire.ts';

interface SourceBody {
  readonly source: ByteSource;
  readonly start: number;
  readonly length: number;
}

/** `sent`: all of it left this process. `client-gone`: the client did not wait for the end. */
export type SourceOutcome = 'sent' | 'client-gone';

/**
 * Sends `body.length` bytes of the source: while one buffer is on its way to the client the next is
 * read. At most two buffers are held; no more is read than the client takes. The head is sent with
 * the first bytes, so that a source that fails at once still becomes an error document.
 *
 * @throws whatever the source throws, and Error when it ends early. Once `sendHead` was called the
 *   caller must then destroy the connection: a short body must never look whole.
 */
export async function writeSource(
  response: ResponseWriter,
  body: SourceBody,
  pool: BufferPool,
  sendHead: () => void,
): Promise<SourceOutcome> {
  const pieces = createPieces(response);
  let position = body.start;
  const end = body.start + body.length;
  let filling = pool.take(body.length);
  let flying: Buffer | undefined;
  let landing: Promise<boolean> | undefined;
  let outcome: SourceOutcome | undefined;
  try {
    while (outcome === undefined) {
      const wanted = Math.min(filling.length, end - position);
      const count = await body.source.read(filling.subarray(0, wanted), position);
      if (count < wanted)
        throw new Error(`The source ended ${end - position - count} bytes early.`);
      if (position === body.start) sendHead();
      position += count;
      if (landing && !(await landing)) {
        outcome = 'client-gone';
      } else if (position === end) {
        const isSent = await pieces.end(filling.subarray(0, count));
        outcome = isSent ? 'sent' : 'client-gone';
      } else {
        landing = pieces.write(filling.subarray(0, count));
        const free: Buffer | undefined = flying;
        flying = filling;
        filling = free ?? pool.take(end - position);
      }
    }
    return outcome;
  } finally {
    pieces.stop();
    // Buffers of a broken connection may still be in the hands of the system: let them go.
    const giveBack = outcome === 'sent' ? pool.give : pool.drop;
    giveBack(filling);
    if (flying) giveBack(flying);
  }
}

/**
 * Writes piece by piece; each promise becomes true once the bytes left, false if they never will.
 */
function createPieces(response: ResponseWriter) {
  let settle: ((isSent: boolean) => void) | undefined;
  const closed = (): void => settle?.(response.writableFinished);
  response.on('close', closed);
  return {
    write(bytes: Buffer): Promise<boolean> {
      return new Promise((resolve) => {
        if (response.destroyed) return resolve(false);
        settle = resolve;
        response.write(bytes, (error) => resolve(!error));
      });
    },
    end(bytes: Buffer): Promise<boolean> {
      return new Promise((resolve) => {
        if (response.destroyed) return resolve(false);
        settle = resolve;
        response.end(bytes, () => resolve(true));
      });
    },
    stop: () => void response.off('close', closed),
  };
}
