/** `npm run services` names what is missing, and `.ci/run` installs all of it. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { test } from 'node:test';
import { missingPackages, packageNames } from '../../scripts/services/packages.ts';
import { root } from './support/source.ts';

test('a package that is missing is named with what to do about it', () => {
  const complaint = missingPackages('/nowhere') ?? '';
  assert.match(complaint, /apt-get install .*\bradosgw ceph-mon ceph-osd ceph-common\b/);
});

test('.ci/run installs what the services need', () => {
  const script = readFileSync(resolve(root, '.ci/run'), 'utf8');
  const [, installed = ''] = /^apt-get install ((?:.*\\\n)*.*)$/m.exec(script) ?? [];
  for (const name of packageNames) assert.ok(installed.includes(name), name);
});
