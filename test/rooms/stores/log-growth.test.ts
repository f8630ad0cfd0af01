import assert from 'node:assert/strict';
import { cp, mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { openSqliteEngine } from '../../../src/stores/index.ts';

const lives = 6;
const writesPerLife = 60;

/** What a killed process leaves: the files as they are, without a close. */
async function copyAsIfKilled(from: string, to: string): Promise<void> {
  for (const suffix of ['', '-wal']) await cp(`${from}${suffix}`, `${to}${suffix}`);
}

test('the log of processes that were all killed early does not grow with their number', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'cnamed-log-growth-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const sizes: number[] = [];
  for (let life = 0; life < lives; life++) {
    const path = join(folder, `${life}.sqlite`);
    if (life > 0) await copyAsIfKilled(join(folder, `${life - 1}.dead`), path);
    const engine = await openSqliteEngine({ path });
    for (let write = 0; write < writesPerLife; write++) {
      await engine.settings.setSetting(`life ${life}, write ${write}`, 'x'.repeat(2_000));
    }
    sizes.push((await stat(`${path}-wal`)).size);
    await copyAsIfKilled(path, join(folder, `${life}.dead`));
    await engine.close();
  }
  const [first = 0] = sizes;
  assert.ok(Math.max(...sizes) < first * 2, `bytes of the log: ${sizes.join(', ')}`);
});
