/** What the hint of a proof that fails says: what is wrong, and what to do about it. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { nothing, code as rcode, reply } from '../../support/dns-server.ts';
import { bucket, errorOf, openShop, type Shop } from './shop.ts';

describe('sentences of a proof that fails', () => {
  let shop: Shop;
  const name = 'proof.example';
  const txtName = `_dnsauth.${name}`;
  before(async () => {
    shop = await openShop();
  });
  after(() => shop.close());

  const hint = async (): Promise<string> => {
    const answer = await shop.putCname(`<Domain>${name}</Domain>`);
    const error = errorOf(answer);
    assert.equal(answer.status, 403, answer.text);
    assert.equal(error.Code, 'NeedVerifyDomainOwnership');
    assert.equal(error.EC, '0018-00000115');
    assert.equal(error.TxtName, txtName);
    const about = `Domain ${name}, bucket ${bucket}: `;
    const text = error.Hint ?? '';
    assert.ok(text.startsWith(about), text);
    return text.slice(about.length);
  };

  it('each says what is wrong and what to do', async () => {
    assert.match(
      await hint(),
      /^the bucket has no token for this domain\. Make one with CreateCna/,
    );
    const token = (await shop.createToken(name)).xml?.child('Token')?.text ?? '';
    const wanted = `Its value must be the token of this bucket, ${token}.`;

    const absent =
      `there is no TXT record at ${txtName}. Create it. ${wanted} ` +
      'A new record may take minutes to be seen.';
    assert.equal(await hint(), absent);
    shop.dns.script(txtName, (question, replier) => replier.send(nothing(question)));
    assert.equal(await hint(), absent);

    shop.dns.txt(txtName, 'google-site-verification=x', 'other');
    assert.equal(
      await hint(),
      `the TXT record at ${txtName} has another value: ` +
        `"google-site-verification=x" and 1 more record. ${wanted}`,
    );
    shop.dns.txt(txtName, `${token}x`);
    assert.equal(
      await hint(),
      `the TXT record at ${txtName} has another value: "${token}x". ${wanted}`,
    );

    for (const [code, sentence] of [
      [rcode.servfail, /failed: the resolver 127\.0\.0\.1:\d+ answered SERVFAIL/],
      [rcode.refused, /failed: the resolver 127\.0\.0\.1:\d+ answered REFUSED/],
    ] as const) {
      shop.dns.script(txtName, (question, replier) =>
        replier.send(reply(question, [], { rcode: code })),
      );
      const text = await hint();
      assert.match(text, /^ownership could not be checked, because asking for the TXT record/);
      assert.match(text, sentence);
    }

    shop.dns.txt(txtName, token);
    shop.world.advance(72 * 3_600_000);
    assert.match(
      await hint(),
      /^the token expired on Wed, 25 Nov 2026 09:00:00 GMT\. Make a new one with CreateCnameToken, change/,
    );
    const fresh = (await shop.createToken(name)).xml?.child('Token')?.text ?? '';
    assert.notEqual(fresh, token);
    assert.match(await hint(), new RegExp(`another value: "${token}"\\. .*, ${fresh}\\.$`));
    shop.dns.txt(txtName, fresh);
    assert.equal((await shop.putCname(`<Domain>${name}</Domain>`)).status, 200);
  });
});
