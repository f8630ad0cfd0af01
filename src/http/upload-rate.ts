import type { HttpLimits } from './limits.ts';

/** One upload whose client must keep a minimum rate. */
export interface UploadMeter {
  /** From now on it is the client we wait for. */
  waitStarts(): void;
  /** Bytes came; the waiting is over. */
  received(bytes: number): void;
  stop(): void;
}

export interface UploadRates {
  /** `tooSlow` is called at most once, by `check`. */
  meter(tooSlow: () => void): UploadMeter;
  /** Looks at every running upload; called every `checkEveryMs`. */
  check(): void;
}

/**
 * Finds uploads below the minimum rate (security.md 6.6). Only time spent waiting for the client
 * counts: a slow disk of ours is not the client's fault. Durations are monotonic.
 */
export function createUploadRates(limits: HttpLimits, monotonicMs: () => number): UploadRates {
  const meters = new Set<Meter>();
  const bytesMin = (limits.uploadBytesPerSecondMin * limits.uploadWindowMs) / 1_000;

  interface Meter extends UploadMeter {
    readonly isTooSlow: (now: number) => boolean;
    readonly tooSlow: () => void;
  }

  function meter(tooSlow: () => void): UploadMeter {
    let waitedMs = 0;
    let bytes = 0;
    let waitingSince: number | undefined;
    const made: Meter = {
      tooSlow,
      waitStarts() {
        waitingSince ??= monotonicMs();
      },
      received(count) {
        if (waitingSince !== undefined) waitedMs += monotonicMs() - waitingSince;
        waitingSince = undefined;
        bytes += count;
      },
      stop: () => void meters.delete(made),
      isTooSlow(now) {
        const waited = waitedMs + (waitingSince === undefined ? 0 : now - waitingSince);
        if (waited < limits.uploadWindowMs) return false;
        if (bytes < bytesMin) return true;
        waitedMs = 0;
        bytes = 0;
        if (waitingSince !== undefined) waitingSince = now;
        return false;
      },
    };
    meters.add(made);
    return made;
  }

  return {
    meter,
    check() {
      const now = monotonicMs();
      for (const each of meters) {
        if (!each.isTooSlow(now)) continue;
        meters.delete(each);
        each.tooSlow();
      }
    },
  };
}
