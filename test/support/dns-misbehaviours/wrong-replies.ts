/** Replies that are well-formed and not the answer: of another question, forged, or refusals. */
import { code, nothing, record, reply } from '../dns-server.ts';
import { type Misbehaviour, message, right, scripted, twisted } from './ways.ts';

export const wrongReplies: readonly Misbehaviour[] = [
  twisted('a wrong id', 'resolver-failed', (bytes) =>
    bytes.writeUInt16BE(bytes.readUInt16BE(0) ^ 1, 0),
  ),
  message('a wrong question', 'resolver-failed', ({ token }, question) =>
    reply(question, [record.txt(question.name, token)], {
      questions: [{ type: 'TXT', name: 'other.example' }],
    }),
  ),
  message('a question of another type', 'resolver-failed', ({ token }, question) =>
    reply(question, [record.txt(question.name, token)], {
      questions: [{ type: 'A', name: question.name }],
    }),
  ),
  message('a question of another class', 'resolver-failed', ({ token }, question) =>
    reply(question, [record.txt(question.name, token)], {
      questions: [{ type: 'TXT', class: 'CH', name: question.name }],
    }),
  ),
  message('no question', 'resolver-failed', ({ token }, question) =>
    reply(question, [record.txt(question.name, token)], { questions: [] }),
  ),
  message('the question twice', 'resolver-failed', ({ token }, question) => {
    const asked = { type: 'TXT', name: question.name } as const;
    return reply(question, [record.txt(question.name, token)], { questions: [asked, asked] });
  }),
  twisted('no response bit', 'resolver-failed', (bytes) => {
    bytes[2] = (bytes[2] ?? 0) & 0x7f;
  }),
  twisted('another opcode', 'resolver-failed', (bytes) => {
    bytes[2] = (bytes[2] ?? 0) | 0x28;
  }),
  message('the question sent back', 'resolver-failed', (_, question) => question.bytes),
  scripted('an answer from another port', 'resolver-failed', (stage, question, replier) =>
    replier.sendFromElsewhere(right(stage, question)),
  ),
  message('SERVFAIL', 'resolver-failed', (_, question) =>
    reply(question, [], { rcode: code.servfail }),
  ),
  message('SERVFAIL with the token beside', 'resolver-failed', ({ token }, question) =>
    reply(question, [record.txt(question.name, token)], { rcode: code.servfail }),
  ),
  message('REFUSED', 'resolver-failed', (_, question) =>
    reply(question, [], { rcode: code.refused }),
  ),
  message('FORMERR', 'resolver-failed', (_, question) =>
    reply(question, [], { rcode: code.formerr }),
  ),
  message('FORMERR without the question', 'resolver-failed', (_, question) =>
    reply(question, [], { rcode: code.formerr, questions: [] }),
  ),
  message('NOTIMP', 'resolver-failed', (_, question) =>
    reply(question, [], { rcode: code.notimp }),
  ),
  message('a code nobody knows', 'resolver-failed', (_, question) =>
    reply(question, [], { rcode: 15 }),
  ),
  message('a referral', 'resolver-failed', ({ domain }, question) =>
    reply(question, [], { authorities: [{ type: 'NS', name: domain, data: `ns.${domain}` }] }),
  ),
  scripted('a forgery with a wrong id, then the answer', 'proven', (stage, question, replier) => {
    const forged = nothing(question, code.nxdomain);
    forged.writeUInt16BE(question.id ^ 0xffff, 0);
    replier.send(forged);
    replier.send(right(stage, question));
  }),
  scripted(
    'a forged token with a wrong id, then nothing',
    'nothing-there',
    (stage, question, replier) => {
      const forged = right(stage, question);
      forged.writeUInt16BE(question.id ^ 0x0101, 0);
      replier.send(forged);
      replier.send(nothing(question, code.nxdomain));
    },
  ),
  scripted(
    'a forgery from elsewhere, then nothing',
    'nothing-there',
    (stage, question, replier) => {
      replier.sendFromElsewhere(right(stage, question));
      replier.later(stage.tryMs / 10, () => replier.send(nothing(question)));
    },
  ),
  scripted('a hundred forgeries, then the answer', 'proven', (stage, question, replier) => {
    for (let guess = 1; guess <= 100; guess++) {
      replier.send(reply({ ...question, id: (question.id + guess) & 0xffff }, []));
    }
    replier.send(right(stage, question));
  }),
];
