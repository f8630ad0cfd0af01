const unitMs: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000 };

/** `90s`, `15m`, `2h` in milliseconds; undefined for anything else, also for none at all. */
export function readDuration(text: string): number | undefined {
  const [, count, unit] = /^(\d{1,6})(s|m|h)$/.exec(text) ?? [];
  const ms = Number(count) * (unitMs[unit ?? ''] ?? 0);
  return ms > 0 ? ms : undefined;
}
