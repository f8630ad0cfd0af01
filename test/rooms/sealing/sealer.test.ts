import assert from 'node:assert/strict';
import { chmod, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import fc from 'fast-check';
import {
  createMasterKeyFile,
  openSealer,
  type Sealer,
  SealingError,
} from '../../../src/sealing/index.ts';
import { realDisk } from '../../../src/world/index.ts';
import { createTestWorld, type TestWorld } from '../../support/world.ts';

let folder: string;
let made = 0;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cnamed-sealing-'));
});
after(() => rm(folder, { recursive: true, force: true }));

async function openNew(world: TestWorld = createTestWorld({ seed: `new${made}` })) {
  const path = join(folder, `master-${made++}.key`);
  assert.equal(await createMasterKeyFile(path, world), true);
  return { path, world, sealer: await openSealer({ path, world }) };
}

const secret = Buffer.from('a secret of the caller');
const unsealText = (sealer: Sealer, sealed: string, aad: string) =>
  sealer.unseal(sealed, aad).toString('latin1');

describe('a sealed text', () => {
  it('opens again to the same bytes, whatever the bytes and the place', async () => {
    const { sealer } = await openNew();
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 5000 }), fc.string(), (plain, aad) => {
        const sealed = sealer.seal(plain, aad);
        assert.match(sealed, /^s1\.[0-9a-f]{8}\.[A-Za-z0-9_-]+$/);
        assert.deepEqual(sealer.unseal(sealed, aad), Buffer.from(plain));
      }),
      { numRuns: 200, verbose: 1 },
    );
  });

  it('is another text each time and shows nothing of the secret', async () => {
    const { sealer } = await openNew();
    const one = sealer.seal(secret, 'a');
    const two = sealer.seal(secret, 'a');
    assert.notEqual(one, two);
    const payload = Buffer.from(one.split('.')[2] ?? '', 'base64url');
    assert.equal(payload.includes(secret), false);
  });

  it('does not open in another place', async () => {
    const { sealer } = await openNew();
    const sealed = sealer.seal(secret, 'certificate/1');
    assert.throws(() => sealer.unseal(sealed, 'certificate/2'), SealingError);
  });

  it('does not open after any one byte was changed', async () => {
    const { sealer } = await openNew();
    const sealed = sealer.seal(secret, 'a');
    const [format, version, payload = ''] = sealed.split('.');
    const bytes = Buffer.from(payload, 'base64url');
    for (let at = 0; at < bytes.length; at++) {
      const changed = Buffer.from(bytes);
      changed[at] = (changed[at] ?? 0) ^ 1;
      const text = `${format}.${version}.${changed.toString('base64url')}`;
      assert.throws(() => sealer.unseal(text, 'a'), SealingError, `byte ${at}`);
    }
  });

  it('does not open with the data key of another text', async () => {
    const { sealer } = await openNew();
    const payloadOf = (sealed: string) => Buffer.from(sealed.split('.')[2] ?? '', 'base64url');
    const one = payloadOf(sealer.seal(secret, 'a'));
    const two = payloadOf(sealer.seal(secret, 'a'));
    const mixed = Buffer.concat([one.subarray(0, 60), two.subarray(60)]).toString('base64url');
    const text = `s1.${sealer.currentVersion}.${mixed}`;
    assert.throws(() => sealer.unseal(text, 'a'), SealingError);
  });

  it('that is no sealed text is refused, never a crash', async () => {
    const { sealer } = await openNew();
    const texts = ['', 's1', 's1..', 's2.aaaaaaaa.AAAA', 's1.aaaaaaaa.AAAA', 's1.a.b.c', '..', '%'];
    for (const text of texts) assert.throws(() => sealer.unseal(text, 'a'), SealingError, text);
    fc.assert(
      fc.property(fc.string(), (text) => {
        assert.throws(() => sealer.unseal(text, 'a'), SealingError);
      }),
      { numRuns: 200, verbose: 1 },
    );
  });
});

describe('the master key file', () => {
  it('is made once, mode 0600, and leaves nothing beside it', async () => {
    const { path, world } = await openNew();
    const before = await readFile(path, 'utf8');
    assert.equal((await stat(path)).mode & 0o777, 0o600);
    assert.equal(await createMasterKeyFile(path, world), false);
    assert.equal(await readFile(path, 'utf8'), before);
    const beside = (await readdir(folder)).filter((name) => /\.(new|next)$/.test(name));
    assert.deepEqual(beside, []);
  });

  it('made by two processes at once is one file with one key', async () => {
    const path = join(folder, 'race.key');
    const worlds = [1, 2, 3, 4, 5].map((seed) => createTestWorld({ seed: `race${seed}` }));
    const made = await Promise.all(worlds.map((world) => createMasterKeyFile(path, world)));
    assert.equal(made.filter(Boolean).length, 1);
    const lines = (await readFile(path, 'utf8'))
      .split('\n')
      .filter((line) => /^[0-9a-f]/.test(line));
    assert.equal(lines.length, 1);
  });

  it('that other users may read is refused, with the command that mends it', async () => {
    const { path, world } = await openNew();
    await chmod(path, 0o640);
    await assert.rejects(openSealer({ path, world }), (error: Error) => {
      assert.ok(error instanceof SealingError);
      assert.match(error.message, /mode 0640\)\. Run: chmod 600 /);
      assert.ok(error.message.includes(path));
      return true;
    });
  });

  it('that is missing is refused by its name', async () => {
    const path = join(folder, 'nowhere.key');
    await assert.rejects(openSealer({ path, world: createTestWorld() }), {
      name: 'SealingError',
      message: /nowhere\.key is missing\. Restore it/,
    });
  });

  for (const [what, text] of [
    ['empty', ''],
    ['cut in the middle of a key', `0a0b0c0d ${'a'.repeat(30)}`],
    ['without the last line feed', `0a0b0c0d ${'a'.repeat(64)}`],
    ['with a foreign line', `0a0b0c0d ${'a'.repeat(64)}\nhello\n`],
    ['with a version twice', `0a0b0c0d ${'a'.repeat(64)}\n0a0b0c0d ${'b'.repeat(64)}\n`],
    ['of comments alone', '# nothing\n'],
  ] as const) {
    it(`${what} is refused as damaged`, async () => {
      const path = join(folder, `damaged-${made++}.key`);
      await writeFile(path, text, { mode: 0o600 });
      await assert.rejects(openSealer({ path, world: createTestWorld() }), {
        name: 'SealingError',
        message: /is damaged\. Restore it from your copy/,
      });
    });
  }

  it('whose writing fails is not there afterwards', async () => {
    const failing = {
      ...realDisk,
      async create(path: string) {
        const file = await realDisk.create(path);
        const sync = () => Promise.reject(new Error('EIO'));
        return { ...bind(file), sync };
      },
    };
    const path = join(folder, 'failing.key');
    await assert.rejects(createMasterKeyFile(path, createTestWorld({ disk: failing })), /EIO/);
    assert.equal(
      (await readdir(folder)).some((name) => name.startsWith('failing.key')),
      false,
    );
  });
});

function bind(file: Awaited<ReturnType<typeof realDisk.create>>) {
  return {
    write: (bytes: Uint8Array) => file.write(bytes),
    read: (target: Uint8Array, position: number) => file.read(target, position),
    size: () => file.size(),
    close: () => file.close(),
  };
}

describe('rotation of the master key', () => {
  it('seals under the new key and still opens what the old one sealed', async () => {
    const { sealer, path, world } = await openNew();
    const old = sealer.currentVersion;
    const sealed = sealer.seal(secret, 'a');
    await sealer.rotate();
    assert.notEqual(sealer.currentVersion, old);
    assert.equal(unsealText(sealer, sealed, 'a'), secret.toString());
    assert.equal(sealer.seal(secret, 'a').split('.')[1], sealer.currentVersion);
    assert.equal((await stat(path)).mode & 0o777, 0o600);
    const reopened = await openSealer({ path, world });
    assert.equal(reopened.currentVersion, sealer.currentVersion);
    assert.equal(unsealText(reopened, sealed, 'a'), secret.toString());
  });

  it('re-wraps the data key alone, and only when it has to', async () => {
    const { sealer } = await openNew();
    const sealed = sealer.seal(secret, 'a');
    assert.equal(sealer.rewrap(sealed, 'a'), sealed);
    await sealer.rotate();
    const rewrapped = sealer.rewrap(sealed, 'a');
    assert.equal(rewrapped.split('.')[1], sealer.currentVersion);
    const textOf = (envelope: string) =>
      Buffer.from(envelope.split('.')[2] ?? '', 'base64url').subarray(60);
    assert.deepEqual(textOf(rewrapped), textOf(sealed));
    assert.equal(unsealText(sealer, rewrapped, 'a'), secret.toString());
    assert.throws(() => sealer.rewrap(sealed, 'b'), SealingError);
  });

  it('is seen by another process without a restart', async () => {
    const { sealer, path } = await openNew();
    const world = createTestWorld();
    const other = await openSealer({ path, world });
    await sealer.rotate();
    const sealed = sealer.seal(secret, 'a');
    assert.equal(unsealText(other, sealed, 'a'), secret.toString());
    assert.equal(other.currentVersion, sealer.currentVersion);
    await sealer.rotate();
    assert.throws(() => other.unseal(sealer.seal(secret, 'a'), 'a'), SealingError);
    world.advance(1000);
    assert.equal(unsealText(other, sealer.seal(secret, 'a'), 'a'), secret.toString());
  });

  it('reads the file once, not for every text, when a version is unknown', async () => {
    let reads = 0;
    const disk = {
      ...realDisk,
      readNow(path: string) {
        reads += 1;
        return realDisk.readNow(path);
      },
    };
    const { sealer } = await openNew(createTestWorld({ disk, seed: 'reads' }));
    const foreign = (await openNew()).sealer.seal(secret, 'a');
    reads = 0;
    for (let i = 0; i < 50; i++) assert.throws(() => sealer.unseal(foreign, 'a'), SealingError);
    assert.equal(reads, 1);
  });

  it('by two at once never loses a key', async () => {
    const { path } = await openNew();
    const sealers = await Promise.all(
      [1, 2, 3].map((seed) => openSealer({ path, world: createTestWorld({ seed: `two${seed}` }) })),
    );
    const done = await Promise.allSettled(sealers.map((sealer) => sealer.rotate()));
    const text = await readFile(path, 'utf8');
    const lines = text.split('\n').filter((line) => /^[0-9a-f]/.test(line));
    const fulfilled = done.filter(({ status }) => status === 'fulfilled').length;
    assert.ok(fulfilled >= 1);
    assert.equal(lines.length, 1 + fulfilled);
    for (const sealer of sealers) assert.ok(text.includes(sealer.currentVersion));
  });

  it('that was cut short says what to remove', async () => {
    const { sealer, path } = await openNew();
    await writeFile(`${path}.next`, 'half', { mode: 0o600 });
    await assert.rejects(sealer.rotate(), { name: 'SealingError', message: /remove .*\.next/ });
    await rm(`${path}.next`);
    await sealer.rotate();
  });

  it('whose rename fails leaves the old file and the old key in use', async () => {
    const failing = { ...realDisk, rename: () => Promise.reject(new Error('EIO')) };
    const { sealer, path } = await openNew(createTestWorld({ disk: failing, seed: 'rename' }));
    const before = await readFile(path, 'utf8');
    const version = sealer.currentVersion;
    await assert.rejects(sealer.rotate(), /EIO/);
    assert.equal(await readFile(path, 'utf8'), before);
    assert.equal(sealer.currentVersion, version);
    assert.equal(
      (await readdir(folder)).some((name) => name.endsWith('.next')),
      false,
    );
  });
});
