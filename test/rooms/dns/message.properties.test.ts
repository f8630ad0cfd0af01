import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import dnsPacket from 'dns-packet';
import fc from 'fast-check';
import { readReply, writeQuestion } from '../../../src/dns/message.ts';

const seed = Number(process.env.TEST_SEED ?? Math.floor(Math.random() * 2 ** 31));
const parameters = { seed, numRuns: 3_000 };
const name = '_dnsauth.shop.example';

const value = fc.uint8Array({ maxLength: 255 });
const values = fc.array(fc.array(value, { minLength: 1, maxLength: 4 }), { maxLength: 8 });

function replyOf(records: Uint8Array[][], id = 7): Buffer {
  return dnsPacket.encode({
    type: 'response',
    id,
    questions: [{ type: 'TXT', name }],
    answers: records.map((strings) => ({
      type: 'TXT' as const,
      name,
      data: strings.map((each) => Buffer.from(each)),
    })),
  });
}

describe(`DNS messages (TEST_SEED=${seed})`, () => {
  it('sixty-four records of an answer are read, the sixty-fifth is too many', () => {
    const records = (count: number) => Array.from({ length: count }, () => [Buffer.from('x')]);
    assert.equal(readReply(replyOf(records(64)), 7, name).kind, 'answer');
    assert.equal(readReply(replyOf(records(65)), 7, name).kind, 'too-large');
  });

  it('a question is read by another codec as it was meant', () => {
    const label = fc.stringMatching(/^[a-z0-9_]([a-z0-9-]{0,20}[a-z0-9])?$/);
    const names = fc.array(label, { minLength: 1, maxLength: 8 }).map((labels) => labels.join('.'));
    fc.assert(
      fc.property(fc.nat(65_535), names, (id, asked) => {
        const packet = dnsPacket.decode(writeQuestion(id, asked));
        assert.equal(packet.id, id);
        assert.equal(packet.flag_rd, true);
        assert.deepEqual(packet.questions, [{ name: asked, type: 'TXT', class: 'IN' }]);
      }),
      parameters,
    );
  });

  it('a reply of another codec is read with every byte of every record', () => {
    fc.assert(
      fc.property(values, (records) => {
        const reply = readReply(replyOf(records), 7, name);
        assert.equal(reply.kind, 'answer');
        const texts = reply.kind === 'answer' ? reply.records : [];
        assert.deepEqual(
          texts,
          records.map((strings) => ({
            kind: 'text',
            owner: name,
            text: Buffer.concat(strings).toString('latin1'),
          })),
        );
      }),
      parameters,
    );
  });

  it('no bytes whatever make the reader throw', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 600 }), (bytes) => {
        const message = Buffer.concat([Buffer.from([0, 7, 0x80, 0, 0, 1]), bytes]);
        readReply(message, 7, name);
        readReply(Buffer.from(bytes), 7, name);
      }),
      parameters,
    );
  });

  it('a good reply with any bytes changed makes the reader neither throw nor invent', () => {
    const token = '5a0e6f1c94b27d83e1f0a96c7b3d2481';
    const good = replyOf([[Buffer.from('x'.repeat(32))], [Buffer.from('other')]]);
    const changes = fc.array(fc.tuple(fc.nat(good.length - 1), fc.nat(255)), { maxLength: 12 });
    fc.assert(
      fc.property(changes, fc.nat(good.length), (changed, length) => {
        const bytes = Buffer.from(good.subarray(0, length));
        for (const [at, byte] of changed) if (at < bytes.length) bytes[at] = byte;
        const reply = readReply(bytes, 7, name);
        const records = reply.kind === 'answer' ? reply.records : [];
        assert.ok(!records.some((each) => each.kind === 'text' && each.text === token));
      }),
      parameters,
    );
  });
});
