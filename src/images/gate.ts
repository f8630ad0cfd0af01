import { OssError } from '../errors/index.ts';

/** Pictures that may wait for their turn; beyond that it is kinder to say so. */
const waitingMax = 64;

/**
 * Lets work through as long as all of it together weighs no more than `capacity`; what weighs more
 * by itself goes alone. First come, first served.
 */
export function createGate(capacity: number) {
  let inUse = 0;
  const waiting: { readonly weight: number; readonly enter: () => void }[] = [];

  function admit(): void {
    for (let next = waiting[0]; next !== undefined; next = waiting[0]) {
      if (inUse > 0 && inUse + next.weight > capacity) return;
      waiting.shift();
      inUse += next.weight;
      next.enter();
    }
  }

  return {
    /** @throws OssError ServiceUnavailable when too many wait; whatever `work` throws. */
    async pass<Value>(weight: number, work: () => Promise<Value>): Promise<Value> {
      if (waiting.length >= waitingMax) {
        throw new OssError('ServiceUnavailable', {
          message: 'Too many images are being processed. Please retry.',
          headers: { 'Retry-After': '1' },
        });
      }
      await new Promise<void>((enter) => {
        waiting.push({ weight, enter });
        admit();
      });
      try {
        return await work();
      } finally {
        inUse -= weight;
        admit();
      }
    },
  };
}
