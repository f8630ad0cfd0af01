import { write } from 'node:fs';

/** Lines on a descriptor of this process, for a log. Losing lines is the worst that can happen. */
export interface LineOutput {
  /** Takes a line with its line feed; returns before it is written. */
  write(line: string): void;
  /** Resolves when all that waited is written or lost, at the latest after `flushMs`. */
  flush(): Promise<void>;
}

/** Lines wait so long for company: one write for many, and still nobody waits for a line. */
const gatherMs = 100;
/** So many characters are company enough. */
const gatherMax = 16 * 1_024;
/** A reader that stalls must not fill the memory: beyond this lines are dropped, and counted. */
const waitingMax = 4 * 1_024 * 1_024;
/** Between two tries on a descriptor that takes nothing now. */
const retryMs = 100;
/** A stop does not wait longer for a reader that stalls. */
const flushMs = 1_000;

/**
 * Writes lines to `descriptor` off the event loop. A full volume or a broken pipe costs the lines
 * of that moment and nothing else: a server must go on serving without its log (security.md 8.4).
 * `sayLost` makes the line that tells, once lines can be written again, how many are missing.
 */
export function openLineOutput(
  descriptor: number,
  sayLost: (count: number) => string,
  { writeSome = write, isShared = false }: LineOutputOptions = {},
): LineOutput {
  let waiting: string[] = [];
  let waitingLength = 0;
  let lost = 0;
  let timer: NodeJS.Timeout | undefined;
  /** The batch on its way, until it is written or lost. */
  let flying: Promise<void> | undefined;

  function begin(): void {
    clearTimeout(timer);
    timer = undefined;
    if (flying || waitingLength === 0) return;
    const notice = lost > 0 ? sayLost(lost) : '';
    const count = waiting.length;
    const batch = Buffer.from(notice + waiting.join(''), 'utf8');
    const lostBefore = lost;
    lost = 0;
    waiting = [];
    waitingLength = 0;
    flying = writeAll(descriptor, batch, { writeSome, isShared }).then((isWritten) => {
      if (!isWritten) lost += lostBefore + count;
      flying = undefined;
      gather();
    });
  }

  function gather(): void {
    if (waitingLength >= gatherMax) begin();
    else if (waitingLength > 0) timer ??= setTimeout(begin, gatherMs).unref();
  }

  return {
    write(line) {
      if (waitingLength + line.length > waitingMax) {
        lost++;
        return;
      }
      waiting.push(line);
      waitingLength += line.length;
      gather();
    },
    async flush() {
      const deadline = Promise.withResolvers<void>();
      let isLate = false;
      // Holds the process: whoever waits for this must not find the event loop empty.
      const late = setTimeout(() => {
        isLate = true;
        deadline.resolve();
      }, flushMs);
      begin();
      while (flying && !isLate) {
        await Promise.race([flying, deadline.promise]);
        begin();
      }
      clearTimeout(late);
    },
  };
}

export interface LineOutputOptions {
  readonly writeSome?: WriteSome;
  /** Other processes write lines there too, and none shall come to stand in another. */
  readonly isShared?: boolean;
}

/** What a pipe takes in one piece whoever else writes to it (pipe(7), PIPE_BUF). */
const pieceMax = 4_096;
const lineFeed = 10;

/** Whole lines, as many as go in one piece; a longer line alone. */
function pieceLength(rest: Buffer): number {
  if (rest.length <= pieceMax) return rest.length;
  const last = rest.lastIndexOf(lineFeed, pieceMax - 1);
  if (last !== -1) return last + 1;
  return rest.indexOf(lineFeed, pieceMax) + 1 || rest.length;
}

/** As much of `node:fs` write as is used here. */
export type WriteSome = (
  descriptor: number,
  bytes: Uint8Array,
  done: (error: NodeJS.ErrnoException | null, count: number) => void,
) => void;

/** False when the descriptor refused: what of the batch was not written then is lost. */
function writeAll(
  descriptor: number,
  batch: Buffer,
  { writeSome, isShared }: Required<LineOutputOptions>,
): Promise<boolean> {
  return new Promise((resolve) => {
    let rest = batch;
    const next = (): void => {
      const piece = isShared ? rest.subarray(0, pieceLength(rest)) : rest;
      writeSome(descriptor, piece, (error, count) => {
        if (error?.code === 'EAGAIN') {
          setTimeout(next, retryMs).unref();
          return;
        }
        if (error) return resolve(false);
        rest = rest.subarray(count);
        if (rest.length === 0) resolve(true);
        else next();
      });
    };
    next();
  });
}
