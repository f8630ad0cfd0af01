/** How many certificates a process keeps ready for handshakes, as its setting says. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createAuthority, createKey } from '../support/certificates.ts';
import { leafShown } from '../support/handshake.ts';
import { putCname } from '../support/put-cname.ts';
import { startTestServer } from '../support/server.ts';
import { createSignedClient } from '../support/signed-client.ts';

/** The least that may be set. */
const keptMax = 64;

test('the latest used are kept, as many as CNAMED_CERTIFICATES_KEPT says', async (context) => {
  const settings = { OWNERSHIP: 'off', CERTIFICATES_KEPT: String(keptMax) };
  const server = await startTestServer({ settings });
  const owner = createSignedClient({ port: server.httpPort, credentials: server });
  context.after(async () => {
    owner.close();
    await server.close();
  });
  assert.equal((await owner.call({ method: 'PUT', bucket: 'kept-assets' })).status, 200);
  const authority = await createAuthority();
  const key = createKey();
  const names = Array.from({ length: keptMax + 1 }, (_, number) => `n${number}.shop.example`);
  const leaves = new Map<string, string>();
  for (const name of names) {
    const certificate = await authority.issue({ names: [name], key });
    assert.equal((await putCname(owner, 'kept-assets', name, { certificate })).status, 200);
    leaves.set(name, certificate.x509.fingerprint256);
  }
  // A certificate that is not kept is unsealed once more for its next handshake.
  let unsealed = 0;
  const { certificates } = server.rooms;
  const { unseal } = certificates;
  Object.assign(certificates, {
    unseal: (...asked: Parameters<typeof unseal>) => {
      unsealed++;
      return unseal(...asked);
    },
  });
  const [first = '', second = ''] = names;
  const last = names.at(-1) ?? '';
  const visits: [name: string, unsealed: number][] = [
    ...names.slice(0, keptMax).map((name, index): [string, number] => [name, index + 1]),
    [first, keptMax],
    [last, keptMax + 1],
    [first, keptMax + 1],
    [second, keptMax + 2],
    [first, keptMax + 2],
  ];
  for (const [name, expected] of visits) {
    assert.equal(await leafShown(server.httpsPort, name), leaves.get(name));
    assert.equal(unsealed, expected, name);
  }
});
