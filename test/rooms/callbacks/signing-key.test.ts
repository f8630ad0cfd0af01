/** The key that signs callbacks: one for an installation, sealed, and moved to new master keys. */
import assert from 'node:assert/strict';
import { verify } from 'node:crypto';
import { after, before, test } from 'node:test';
import { resealCallbackKey } from '../../../src/callbacks/index.ts';
import { createSigningKey } from '../../../src/callbacks/signing-key.ts';
import { createInstallation, type Installation } from '../accounts/installation.ts';

let here: Installation;

before(async () => {
  here = await createInstallation('callback-key');
});
after(() => here.close());

test('two that need it at once have the same, and it stays', async () => {
  const { sealer, engine } = here;
  const { settings } = engine;
  assert.equal(await resealCallbackKey(settings, sealer), false, 'nothing to move yet');
  const finders = [0, 1].map(() => createSigningKey({ settings, sealer }));
  const [one, other] = await Promise.all(finders.map((find) => find()));
  assert.ok(one && other);
  assert.equal(one.publicPem, other.publicPem);
  const signature = Buffer.from(one.sign('/path\nbody'), 'base64');
  assert.equal(verify('md5', Buffer.from('/path\nbody'), one.publicPem, signature), true);
  const later = await createSigningKey({ settings, sealer })();
  assert.equal(later.publicPem, one.publicPem);
});

test('the operator may have signatures of SHA-256', async () => {
  const { sealer, engine } = here;
  const key = await createSigningKey({ settings: engine.settings, sealer, digest: 'sha256' })();
  const signature = Buffer.from(key.sign('text'), 'base64');
  assert.equal(verify('sha256', Buffer.from('text'), key.publicPem, signature), true);
});

test('it is no text that anybody could read, and follows the master key', async () => {
  const { sealer, engine } = here;
  const { settings } = engine;
  const before = await settings.findSetting('callback-key');
  assert.match(before ?? '', /^s1\./);
  const { publicPem } = await createSigningKey({ settings, sealer })();
  await sealer.rotate();
  assert.equal(await resealCallbackKey(settings, sealer), true);
  assert.equal(await resealCallbackKey(settings, sealer), false);
  const after = await settings.findSetting('callback-key');
  assert.ok(after?.startsWith(`s1.${sealer.currentVersion}.`));
  assert.notEqual(after, before);
  assert.equal((await createSigningKey({ settings, sealer })()).publicPem, publicPem);
});
