/** The operator's lists of names, changing under a running server. */
import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import { after, before, describe, it } from 'node:test';
import { listsForSuite } from './list-files.ts';
import { errorOf, openShop, type Shop } from './shop.ts';

describe('lists that change while the server runs', () => {
  let shop: Shop;
  const list = listsForSuite();
  before(async () => {
    shop = await openShop({
      FORBIDDEN_LIST: list('forbidden', ''),
      RISK_LIST: list('risk', ''),
      LICENSE_REGISTRY: list('registry', 'list.example\n'),
    });
  });
  after(() => shop.close());

  const codeOf = async (name: string): Promise<string> => {
    await shop.createToken(name);
    const token = (await shop.getToken(name)).xml?.child('Token')?.text;
    if (token !== undefined) shop.dns.txt(`_dnsauth.${name}`, token);
    const answer = await shop.putCname(`<Domain>${name}</Domain>`);
    if (answer.status === 200) await shop.deleteCname(name);
    return answer.status === 200 ? 'mapped' : (errorOf(answer).Code ?? '');
  };
  const write = (name: string, text: string): string => {
    const path = list(name, text);
    shop.world.advance(1_000);
    return path;
  };

  it('each list is in force a second after it changed, in each of its forms', async () => {
    const name = 'www.list.example';
    assert.equal(await codeOf(name), 'mapped');
    const forms = ['list.example\n', '0.0.0.0 list.example\n', '*.list.example CNAME .\n'];
    for (const [index, form] of forms.entries()) {
      // Of different lengths, for file systems with coarse times.
      const text = '# comment\n'.repeat(index) + form;
      write('forbidden', text);
      assert.equal(await codeOf(name), 'CnameIsForbidden', form);
      write('forbidden', '');
      assert.equal(await codeOf(name), 'mapped');
      write('risk', text);
      assert.equal(await codeOf(name), 'CnameIsRisk', form);
      write('risk', '');
      assert.equal(await codeOf(name), 'mapped');
    }
    write('registry', 'somebody-else.example\n');
    assert.equal(await codeOf(name), 'NoSuchCnameInRecord');
    write('registry', '# licensed\nlist.example\n');
    assert.equal(await codeOf(name), 'mapped');
  });

  it('forbids before it asks for proof, and weighs risk after it', async () => {
    write('forbidden', 'both.example\n');
    write('risk', 'both.example\nlate.list.example\n');
    const asked = shop.dns.asked.length;
    assert.equal(await codeOf('a.both.example'), 'CnameIsForbidden');
    assert.equal(shop.dns.asked.length, asked);
    const unproven = await shop.putCname('<Domain>late.list.example</Domain>');
    assert.equal(errorOf(unproven).Code, 'NeedVerifyDomainOwnership');
    assert.equal(await codeOf('late.list.example'), 'CnameIsRisk');
  });

  it('a list goes on holding what it held when its file goes away', async () => {
    const path = write('risk', 'held.list.example\n');
    assert.equal(await codeOf('held.list.example'), 'CnameIsRisk');
    rmSync(path);
    shop.world.advance(1_000);
    assert.equal(await codeOf('held.list.example'), 'CnameIsRisk');
    write('risk', '');
    assert.equal(await codeOf('held.list.example'), 'mapped');
  });

  it('a mapping that stands is not touched by a list', async () => {
    const name = 'stands.list.example';
    await shop.prove(name);
    assert.equal((await shop.putCname(`<Domain>${name}</Domain>`)).status, 200);
    write('risk', `${name}\n`);
    write('registry', 'nobody.example\n');
    assert.equal((await shop.putCname(`<Domain>${name}</Domain>`)).status, 200);
    write('forbidden', `${name}\n`);
    const answer = await shop.putCname(`<Domain>${name}</Domain>`);
    assert.equal(errorOf(answer).Code, 'CnameIsForbidden', 'check 4 comes before check 5');
    assert.ok((await shop.list()).text.includes(name));
  });
});
