import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { openForReading, openForWriting } from '../../../src/stores/sqlite/connection.ts';

const folder = mkdtempSync(join(tmpdir(), 'cnamed-connection-'));
after(() => rmSync(folder, { recursive: true, force: true }));

/** As SQLite numbers them: https://sqlite.org/pragma.html#pragma_synchronous. */
const synchronousFull = 2;

// No test can cut the power: what makes commits survive it is read back from the engine.
test('the writer commits to the platter, and the engine keeps its references', () => {
  const path = join(folder, 'cnamed.sqlite');
  const writer = openForWriting(path);
  const settings = Object.fromEntries(
    [
      'journal_mode',
      'synchronous',
      'fullfsync',
      'checkpoint_fullfsync',
      'foreign_keys',
      'trusted_schema',
    ].map((name) => [name, writer.pragma(name, { simple: true })]),
  );
  assert.deepEqual(settings, {
    journal_mode: 'wal',
    synchronous: synchronousFull,
    fullfsync: 1,
    checkpoint_fullfsync: 1,
    foreign_keys: 1,
    trusted_schema: 0,
  });
  assert.ok(Number(writer.pragma('busy_timeout', { simple: true })) >= 1_000);
  writer.exec('create table kept (id integer primary key)');
  const reader = openForReading(path);
  assert.throws(() => reader.exec('insert into kept values (1)'), /readonly/);
  reader.close();
  writer.close();
});
