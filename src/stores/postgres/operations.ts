import type { Connections } from './connections.ts';

/** No commit is looked for so long after it was sent. */
const keptFor = '1 hour';

/** The first write of a node tidies up after the last run; then one of so many does. */
const writesPerTidying = 1_000;

/** At most so many rows at once, so that no tidying holds others up. */
const rowsPerTidying = 10_000;

/**
 * Removes the notes of operations nobody will ask for any more, beside the writes. Failing is
 * harmless: the next time removes more.
 */
export function keepOperationsFew(connections: Connections): {
  count(): void;
  stop(): Promise<void>;
} {
  let writes = 0;
  let tidying: Promise<unknown> = Promise.resolve();
  const text = `
    delete from operations where id in (
      select id from operations where made_at < now() - interval '${keptFor}'
      limit ${rowsPerTidying} for update skip locked
    )`;
  return {
    count() {
      if (writes % writesPerTidying === 0) tidying = connections.query({ text }).catch(() => {});
      writes += 1;
    },
    async stop() {
      await tidying;
    },
  };
}
