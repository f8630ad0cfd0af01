import assert from 'node:assert/strict';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { buildSite } from '../../scripts/demo/site.ts';
import { run } from './cli-process.ts';

const script = fileURLToPath(new URL('../../scripts/demo.ts', import.meta.url));

/** What the demo promises to those who watch it. */
const promisedMs = 30_000;

test('the demo plays the whole journey in time, ends well and leaves nothing behind', async (t) => {
  const scratch = await mkdtemp(join(tmpdir(), 'cnamed-demo-test-'));
  t.after(() => rm(scratch, { recursive: true, force: true }));
  const startedAt = performance.now();
  const { code, stdout } = await run([], { script, environment: { TMPDIR: scratch } });
  assert.equal(code, 0, stdout);
  assert.ok(performance.now() - startedAt < promisedMs);
  for (const expected of [
    /^✓ {2}1 {2}Start a DNS server/m,
    /403 NeedVerifyDomainOwnership, EC 0018-00000115/,
    /19 pages, .* SNI and verification on/,
    /Replace the certificate 60 times while requests run/,
    /requests, 0 failed/,
    /^ *docs\.shop\.example +Enabled/m,
    /http:\/\/docs\.shop\.example\/ answers 404/,
    /https:\/\/docs\.shop\.example\/ fails its handshake/,
    /60 certificates replaced under \d+ requests without a failure/,
  ]) {
    assert.match(stdout, expected);
  }
  assert.doesNotMatch(stdout, /✗/);
  assert.match(stdout, new RegExp(`in ${scratch}/cnamed-demo-`));
  assert.deepEqual(await readdir(scratch), []);
});

test('the site of the demo is whole: every link inside it leads to one of its files', async () => {
  const site = await buildSite();
  const keys = new Set(site.files.map((file) => file.key));
  assert.ok(keys.has(site.indexKey) && keys.has(site.errorKey));
  let links = 0;
  for (const file of site.files) {
    if (!file.contentType.startsWith('text/html')) continue;
    for (const [, href = ''] of file.bytes.toString().matchAll(/href="([^"]*)"/g)) {
      const target = new URL(href, `https://site.invalid/${file.key}`);
      if (target.host !== 'site.invalid') continue;
      links++;
      assert.ok(keys.has(target.pathname.slice(1)), `${file.key} links to ${href}`);
      assert.doesNotMatch(href, /^\//, 'an absolute path breaks in path style');
    }
  }
  assert.ok(links > 300);
});
