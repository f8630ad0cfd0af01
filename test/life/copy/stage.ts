/** Places for the suites of `cnamed copy`: files, PostgreSQL, and S3 in memory. */
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before } from 'node:test';
import { assertSame } from '../../campaigns/copy/compare.ts';
import {
  cluster,
  embedded,
  openPlace,
  type Place,
  servePlace,
} from '../../campaigns/copy/places.ts';
import { startTestPostgres, type TestPostgres } from '../../support/postgres.ts';
import { type S3TestServer, startS3Server } from '../../support/s3-server.ts';
import type { Copied } from './command.ts';
import { makeStory, type Story } from './story.ts';

export interface Stage {
  folder: string;
  postgres: TestPostgres;
  s3: S3TestServer;
  newCluster(name: string): Promise<Place>;
  /** A place with a story in it, stopped. */
  storied(name: string): Promise<{ place: Place; story: Story }>;
}

/** Set before the first test of the file that calls this, and cleared after the last. */
export function stageForSuite(): Stage {
  const stage = {
    folder: '',
    async newCluster(name: string) {
      const databaseUrl = await stage.postgres.createDatabase();
      return cluster(stage.folder, name, { databaseUrl, s3Url: stage.s3.url });
    },
    async storied(name: string) {
      const place = await embedded(stage.folder, name);
      const server = await servePlace(place);
      const story = await makeStory(server);
      await server.stop();
      return { place, story };
    },
  } as Stage;
  before(async () => {
    stage.folder = await mkdtemp(join(tmpdir(), 'cnamed-copy-'));
    stage.postgres = await startTestPostgres();
    stage.s3 = await startS3Server();
  });
  after(async () => {
    await stage.s3.close();
    await stage.postgres.stop();
    await rm(stage.folder, { recursive: true, force: true });
  });
  return stage;
}

/** The report of a copy that must be complete. */
export async function whole(outcome: Promise<Copied>): Promise<NonNullable<Copied['report']>> {
  const { code, stdout, stderr, report } = await outcome;
  assert.equal(code, 0, stderr + stdout);
  assert.equal(report?.isComplete, true);
  return report;
}

export async function assertSamePlaces(one: Place, other: Place): Promise<void> {
  const opened = [await openPlace(one), await openPlace(other)] as const;
  try {
    await assertSame(...opened);
  } finally {
    for (const each of opened) await each.close();
  }
}
