/**
 * SIGKILL at random moments while `cnamed migrate` changes a filled database: whatever was cut off,
 * the next run ends with the very same tables and rows. One try is one kill, on SQLite and on
 * PostgreSQL in turn.
 */
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { runHere } from '../life/cli-here.ts';
import { type Finished, start } from '../life/cli-process.ts';
import type { Campaign, CampaignOptions, Figures } from '../support/campaign.ts';
import { type Chance, createChance } from '../support/chance.ts';
import { startTestPostgres } from '../support/postgres.ts';
import { type FilledDatabase, filledPostgres, filledSqlite } from './migrations/filled.ts';

export const name = 'migrations';
export const issueSize = 100;

/** Rows that a step must carry over: enough for a kill to meet it at work. */
const rows = 20_000;
const logEvery = 10;

interface Engine {
  readonly database: FilledDatabase;
  /** Of a copy that was migrated in peace. */
  readonly expected: string;
  /** From the line that says so to the end. */
  readonly migrationMs: number;
}

export async function runMigrations({ size, seed, log }: CampaignOptions): Promise<Figures> {
  const chance = createChance(seed);
  const folder = await mkdtemp(join(tmpdir(), 'cnamed-migrations-'));
  const postgres = await startTestPostgres();
  try {
    const engines = [
      await measure(await filledSqlite(join(folder, 'filled'), rows), folder),
      await measure(await filledPostgres(postgres, rows), folder),
    ] as const;
    let cut = 0;
    for (let number = 1; number <= size; number += 1) {
      const engine = engines[number % engines.length] ?? engines[0];
      if (await oneKill(engine, join(folder, String(number)), chance)) cut += 1;
      if (number % logEvery === 0) log(`${number} of ${size} kills survived`);
    }
    const [sqlite, server] = engines.map((engine) => Math.round(engine.migrationMs));
    return {
      'cut off before the commit': cut,
      'ms SQLite': sqlite ?? 0,
      'ms PostgreSQL': server ?? 0,
    };
  } finally {
    await postgres.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

async function measure(database: FilledDatabase, folder: string): Promise<Engine> {
  const copy = await database.copyTo(join(folder, `reference-${database.kind}`));
  const running = start(['migrate'], { environment: copy.environment });
  await running.until(/migrating/, 'stderr');
  const startedAt = performance.now();
  requireDone(await running.finished);
  const migrationMs = performance.now() - startedAt;
  return { database, expected: await copy.digest(), migrationMs };
}

/** True when the kill came before the change was there. */
async function oneKill(engine: Engine, folder: string, chance: Chance): Promise<boolean> {
  const copy = await engine.database.copyTo(folder);
  const running = start(['migrate'], { environment: copy.environment });
  await running.until(/migrating/, 'stderr');
  await delay(chance.int(Math.ceil(engine.migrationMs * 1.1)));
  running.child.kill('SIGKILL');
  await running.finished;
  const { pending } = JSON.parse(
    (await runHere(['migrate', '--status', '--json'], copy.environment)).stdout,
  ) as { pending: unknown[] };
  requireDone(await runHere(['migrate'], copy.environment));
  assert.equal(await copy.digest(), engine.expected);
  await copy.remove();
  return pending.length > 0;
}

function requireDone(finished: Finished): void {
  assert.equal(finished.code, 0, finished.stderr);
}

export const run: Campaign['run'] = runMigrations;
