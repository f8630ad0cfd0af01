/** How PostgreSQL goes about the statements of the ports' reads. */
import pg from 'pg';
import { kyselyOver, StatementNames } from '../../src/stores/postgres/dialect.ts';
import { assemblePorts, type StorePorts } from '../../src/stores/sql/ports.ts';
import { compileRead } from '../../src/stores/sql/prepared.ts';
import type { RunWrite } from '../../src/stores/sql/writes.ts';

export interface PostgresPlans {
  readonly ports: StorePorts;
  /** The statements of `act`, each with its plan as lines of text; `analyse` runs them again. */
  of(act: () => Promise<unknown>, analyse?: 'analyse'): Promise<{ text: string; plan: string }[]>;
  close(): Promise<void>;
}

/** Reads only, on one connection, of a database whose tables are there. */
export async function openPostgresPlans(url: string): Promise<PostgresPlans> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  const ran: { text: string; values: unknown[] }[] = [];
  const run = ({ text, values = [] }: pg.QueryConfig) => {
    ran.push({ text, values });
    return client.query({ text, values });
  };
  const sql = kyselyOver(run, new StatementNames(false));
  const ports = assemblePorts({
    sql,
    write: (() => Promise.reject(new Error('Nothing is written here.'))) as RunWrite,
    prepare(read) {
      const { text, values } = compileRead(sql, read);
      const all = async (input: never) => (await run({ text, values: values(input) })).rows;
      return { all, first: async (input: never) => (await all(input))[0] } as never;
    },
    pickShard: () => 0,
    hasOwnClock: true,
    close: async () => {},
  });
  return {
    ports,
    async of(act, analyse) {
      ran.length = 0;
      await act();
      const plans: { text: string; plan: string }[] = [];
      for (const { text, values } of [...ran]) {
        const how = analyse === undefined ? '' : '(analyze, timing off, summary off) ';
        const { rows } = await client.query({ text: `explain ${how}${text}`, values });
        plans.push({ text, plan: rows.map((row) => row['QUERY PLAN']).join('\n') });
      }
      return plans;
    },
    close: () => client.end(),
  };
}
