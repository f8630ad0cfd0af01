/** A campaign that is ended in the middle leaves no process behind. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { processTree } from '../support/process-tree.ts';

const script = resolve(import.meta.dirname, '../../scripts/campaign.ts');

test('its servers end with it', { timeout: 60_000 }, async (context) => {
  const folder = await mkdtemp(join(tmpdir(), 'cnamed-campaign-ended-'));
  context.after(() => rm(folder, { recursive: true, force: true, maxRetries: 10 }));
  const campaign = spawn(process.execPath, [script, 'kills', '--size', '1000000'], {
    stdio: ['ignore', 'ignore', 'inherit'],
    env: { ...process.env, TMPDIR: folder },
  });
  const { pid = 0 } = campaign;
  const ended = once(campaign, 'exit');
  let below: number[] = [];
  while (below.length === 0) {
    await delay(20);
    below = processTree(pid).slice(1);
  }
  campaign.kill('SIGTERM');
  assert.deepEqual(await ended, [143, null]);
  // Killed, each is there until its new parent has heard of it.
  while (below.some((each) => existsSync(`/proc/${each}/exe`))) await delay(20);
});
