/** Names that nobody has mapped, more of them than are answered in a second. */
import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { createAuthority } from '../support/certificates.ts';
import { leafShown } from '../support/handshake.ts';
import { connectRaw, type RawClient } from '../support/raw-client.ts';
import { openRawOss, type RawOss } from './object/raw-oss.ts';

/** Answers a second; the clock of this suite stands still, so one second is all there is. */
const perSecond = 1_000;

async function open(
  context: TestContext,
  settings: Readonly<Record<string, string>> = {},
): Promise<{ oss: RawOss; client: RawClient }> {
  const oss = await openRawOss(settings);
  const client = await connectRaw({ port: oss.server.httpPort });
  context.after(async () => {
    client.destroy();
    await oss.close();
  });
  return { oss, client };
}

async function statusOf(from: RawClient, host: string): Promise<number> {
  from.send(`GET /page HTTP/1.1\r\nHost: ${host}\r\n\r\n`);
  return (await from.response()).status;
}

async function useUp(client: RawClient): Promise<void> {
  for (let count = 0; count < perSecond; count++) {
    assert.equal(await statusOf(client, `n${count}.invented.example`), 404);
  }
}

/** `asked` resolves when somebody is made to wait, which lasts until `end`. */
function holdTurns({ world }: RawOss): { asked: Promise<void>; end(): void } {
  const asked = Promise.withResolvers<void>();
  const turn = Promise.withResolvers<void>();
  const { delay } = world.timers;
  Object.assign(world.timers, {
    delay: () => {
      asked.resolve();
      return turn.promise;
    },
  });
  const end = (): void => {
    Object.assign(world.timers, { delay });
    turn.resolve();
  };
  return { asked: asked.promise, end };
}

test('they wait their turn, by Host and in handshakes, and nobody waits behind them', async (context) => {
  const { oss, client } = await open(context);
  await useUp(client);
  const other = await connectRaw({ port: oss.server.httpPort });
  context.after(() => other.destroy());
  const ways: [ask: () => Promise<unknown>, answer: unknown][] = [
    [() => statusOf(client, 'one-more.invented.example'), 404],
    [() => leafShown(oss.server.httpsPort, 'one-more.invented.example'), undefined],
  ];
  for (const [ask, answer] of ways) {
    const held = holdTurns(oss);
    let isAnswered = false;
    const waiting = ask().finally(() => {
      isAnswered = true;
    });
    await Promise.race([held.asked, waiting]);
    // No such bucket, said at once.
    assert.equal(await statusOf(other, 'localhost'), 404);
    assert.equal(isAnswered, false);
    held.end();
    assert.equal(await waiting, answer);
  }
});

test("their handshakes do not wait where the operator's certificate answers them", async (context) => {
  const own = await (await createAuthority()).issue({ names: ['oss.shop.example'] });
  const folder = await mkdtemp(join(tmpdir(), 'cnamed-strangers-'));
  context.after(() => rm(folder, { recursive: true, force: true }));
  const [chain, key] = [join(folder, 'chain.pem'), join(folder, 'key.pem')];
  await writeFile(chain, own.chainPem);
  await writeFile(key, own.keyPem);
  const { oss, client } = await open(context, { CERTIFICATE: chain, CERTIFICATE_KEY: key });
  await useUp(client);
  const held = holdTurns(oss);
  const isHeld = held.asked.then(() => 'made to wait');
  const shown = leafShown(oss.server.httpsPort, 'one-more.invented.example');
  assert.equal(await Promise.race([shown, isHeld]), own.x509.fingerprint256);
  held.end();
});
