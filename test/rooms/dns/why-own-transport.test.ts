/**
 * Why questions are not asked through node:dns: each of these replies would prove a domain to it.
 * Should one of them fail one day, node:dns became stricter: look at the decision again.
 */
import assert from 'node:assert/strict';
import { Resolver } from 'node:dns/promises';
import { after, before, describe, it } from 'node:test';
import dnsPacket from 'dns-packet';
import { createTxtResolver } from '../../../src/dns/index.ts';
import { realWorld } from '../../../src/world/index.ts';
import {
  type DnsQuestion,
  type DnsServer,
  record,
  reply,
  startDnsServer,
} from '../../support/dns-server.ts';

const name = '_dnsauth.shop.example';

describe('node:dns is not used for proofs, because it', () => {
  let server: DnsServer;
  before(async () => {
    server = await startDnsServer();
  });
  after(() => server.close());

  const accepts = (what: string, answer: (question: DnsQuestion) => Buffer) =>
    it(`accepts ${what}; ours does not`, async () => {
      server.script(name, (question, replier) => replier.send(answer(question)));
      const native = new Resolver({ timeout: 2_000, tries: 1 });
      native.setServers([server.server]);
      assert.deepEqual(await native.resolveTxt(name), [['token']]);
      const own = createTxtResolver({
        servers: [server.server],
        world: realWorld,
        tryMs: 100,
        tries: 1,
      });
      assert.notEqual((await own.askTxt(name)).outcome, 'found');
    });

  accepts('a record of any owner', (question) =>
    reply(question, [record.txt('other.example', 'token')]),
  );
  accepts('a record of another class', (question) =>
    reply(question, [{ type: 'TXT', name, class: 'CH', data: 'token' }]),
  );
  accepts('a message without the response bit', (question) => {
    const bytes = reply(question, [record.txt(name, 'token')]);
    bytes[2] = (bytes[2] ?? 0) & 0x7f;
    return bytes;
  });
  accepts('a message of another operation', (question) => {
    const bytes = reply(question, [record.txt(name, 'token')]);
    bytes[2] = (bytes[2] ?? 0) | 0x10;
    return bytes;
  });

  it('hides where an alias leads, so that it could not be followed', async () => {
    server.cname(name, 'target.example');
    server.txt('target.example', 'token');
    const native = new Resolver({ timeout: 2_000, tries: 1 });
    native.setServers([server.server]);
    assert.deepEqual(await native.resolveTxt(name), []);
  });

  it('and a general codec reads a label that holds a dot as two labels', () => {
    const label = Buffer.from('shop.example');
    const head = Buffer.from([0, 1, 0x80, 0, 0, 0, 0, 1, 0, 0, 0, 0, label.length]);
    const bytes = Buffer.concat([head, label, Buffer.from([0, 0, 16, 0, 1, 0, 0, 0, 1, 0, 1, 0])]);
    assert.equal(dnsPacket.decode(bytes).answers?.[0]?.name, 'shop.example');
  });
});
