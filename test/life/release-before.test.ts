/**
 * Installations that earlier releases wrote open with this one, whatever steps lie between, and
 * answer every question as they did, but for the words of some refusals.
 */
import assert from 'node:assert/strict';
import { rm } from 'node:fs/promises';
import { after, before, test } from 'node:test';
import { startTestPostgres, type TestPostgres } from '../support/postgres.ts';
import { startTestServer } from '../support/server.ts';
import { runHere } from './cli-here.ts';
import { type Fixture, openFixture } from './release-before/open.ts';
import { askEverything, fixedSettings } from './release-before/questions.ts';

let postgres: TestPostgres;
before(async () => {
  postgres = await startTestPostgres();
});
after(() => postgres.stop());

/** What was refused is refused still, in words and with codes of this release (docs/rights.md). */
function reworded(answer: string): string {
  return answer
    .replace(
      'You have no right to access this object.<',
      'You have no right to access this object because of bucket acl.<',
    )
    .replace(
      /(Anonymous user .*<EC>)0003-00000002</,
      (_, before: string) => `${before}0003-00001201<`,
    );
}

async function compare(
  fixture: Fixture,
  settings: Readonly<Record<string, string>>,
): Promise<void> {
  const server = await startTestServer({
    folder: fixture.folder,
    settings: { ...fixedSettings, ...settings },
    about: { database: 'sqlite', objects: 'files' },
  });
  try {
    const answers = await askEverything({ ...server, keys: fixture.keys });
    const expected = fixture.answers.map(reworded);
    for (const [index, answer] of answers.entries()) assert.equal(answer, expected[index]);
    assert.equal(answers.length, fixture.answers.length);
  } finally {
    await server.stop();
  }
}

test('SQLite of c365b8a: migrated by command, then served', async () => {
  const fixture = await openFixture('c365b8a');
  const environment = { CNAMED_DATA_DIR: fixture.dataDir };
  const cnamed = (...words: string[]) => runHere(words, environment);
  try {
    const untouched = await cnamed('account', 'list');
    assert.equal(untouched.code, 1);
    assert.match(untouched.stderr, /of an older release.*cnamed migrate/);
    const before = JSON.parse((await cnamed('migrate', '--status', '--json')).stdout);
    assert.deepEqual(before.done, ['0001-first-schema', '0002-announced-blobs']);
    assert.equal(before.pending[0].name, '0003-changes');
    const migrated = await cnamed('migrate');
    assert.equal(migrated.code, 0, migrated.stderr);
    assert.match(migrated.stdout, /^made 0003-changes$/m);
    assert.match((await cnamed('migrate', '--status')).stdout, /Nothing is pending\./);
    await compare(fixture, {});
    const checked = await cnamed('check');
    assert.equal(checked.code, 0, checked.stdout);
  } finally {
    await rm(fixture.folder, { recursive: true });
  }
});

test('SQLite of c365b8a: the server migrates by itself', async () => {
  const fixture = await openFixture('c365b8a');
  try {
    await compare(fixture, {});
  } finally {
    await rm(fixture.folder, { recursive: true });
  }
});

test('PostgreSQL of ab30185: the server migrates by itself', async () => {
  const url = await postgres.createDatabase();
  const fixture = await openFixture('ab30185-postgres', url);
  const environment = { CNAMED_DATA_DIR: fixture.dataDir, CNAMED_DATABASE_URL: url };
  try {
    const before = JSON.parse(
      (await runHere(['migrate', '--status', '--json'], environment)).stdout,
    );
    assert.equal(before.done.at(-1), '0003-changes');
    await compare(fixture, { DATABASE_URL: url });
    const checked = await runHere(['check'], environment);
    assert.equal(checked.code, 0, checked.stdout);
    const again = await runHere(['migrate'], environment);
    assert.match(again.stdout, /nothing was pending/);
  } finally {
    await rm(fixture.folder, { recursive: true });
  }
});
