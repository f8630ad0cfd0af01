/**
 * One stream with two readers: who keeps it, and who is given it meanwhile. One chunk is held for
 * each; the faster waits for the slower, unless that one has gone.
 */
export interface HandOver {
  /** What the first reader reads; each chunk is handed on once it was taken. */
  kept(): AsyncIterable<Uint8Array>;
  /**
   * What the second reads. Its last chunk waits for `isKept`, so that nothing looks whole that is
   * not, and whoever has read it all finds it kept.
   */
  given(isKept: Promise<unknown>): AsyncIterable<Uint8Array>;
  /** The second reader has gone; the first goes on alone. */
  leave(): void;
}

export function createHandOver(source: AsyncIterable<Uint8Array>): HandOver {
  let isLeft = false;
  let waiting: Uint8Array | undefined;
  /** Of whoever waits for the other; there is at most one. */
  let wake: () => void = () => {};
  const turn = (): Promise<void> =>
    new Promise((resolve) => {
      wake = resolve;
    });

  async function offer(chunk: Uint8Array): Promise<void> {
    if (isLeft) return;
    waiting = chunk;
    wake();
    while (waiting !== undefined && !isLeft) await turn();
  }

  async function take(isOver: () => boolean): Promise<Uint8Array | undefined> {
    while (waiting === undefined && !isOver()) await turn();
    const chunk = waiting;
    waiting = undefined;
    wake();
    return chunk;
  }

  return {
    async *kept() {
      for await (const chunk of source) {
        yield chunk;
        if (chunk.length > 0) await offer(chunk);
      }
    },
    async *given(isKept) {
      let isOver = false;
      const ended = (): void => {
        isOver = true;
        wake();
      };
      isKept.then(ended, ended);
      let held: Uint8Array | undefined;
      for (;;) {
        const chunk = await take(() => isOver);
        if (chunk === undefined) break;
        if (held !== undefined) yield held;
        held = chunk;
      }
      await isKept;
      if (held !== undefined) yield held;
    },
    leave() {
      isLeft = true;
      waiting = undefined;
      wake();
    },
  };
}
