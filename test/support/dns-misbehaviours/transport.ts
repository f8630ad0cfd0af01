/** Answers that come late or never, and what can go wrong with those over TCP. */
import type { Answer } from 'dns-packet';
import { code, type DnsScript, nothing, record, reply, withLength } from '../dns-server.ts';
import { chain, type Misbehaviour, overTcp, pairs, right, scripted, truncated } from './ways.ts';

export const time: readonly Misbehaviour[] = [
  scripted('silence', 'resolver-failed', () => {}),
  scripted('each answer later than its try', 'resolver-failed', (stage, question, replier) =>
    replier.later(stage.tryMs * 1.5, () => replier.send(right(stage, question))),
  ),
  scripted('an answer later than everything', 'resolver-failed', (stage, question, replier) =>
    replier.later(stage.budgetMs * 1.2, () => replier.send(right(stage, question))),
  ),
  scripted('two tries without an answer', 'proven', (stage, question, replier) => {
    if (question.turn > 2) replier.send(right(stage, question));
  }),
  scripted('SERVFAIL once', 'proven', (stage, question, replier) =>
    replier.send(
      question.turn === 1 ? reply(question, [], { rcode: code.servfail }) : right(stage, question),
    ),
  ),
];

export const streams: readonly Misbehaviour[] = [
  overTcp('truncated, then the token over TCP', 'proven', (stage, question, replier) =>
    replier.send(right(stage, question)),
  ),
  scripted(
    'truncated beside the token, nothing over TCP',
    'nothing-there',
    (stage, question, replier) =>
      replier.send(
        question.transport === 'udp'
          ? truncated(question, [record.txt(question.name, stage.token)])
          : nothing(question),
      ),
  ),
  overTcp('truncated, then silence over TCP', 'resolver-failed', () => {}),
  overTcp('truncated, then the connection ends', 'resolver-failed', (_, __, replier) =>
    replier.close('end'),
  ),
  overTcp('truncated, then the connection is reset', 'resolver-failed', (_, __, replier) =>
    replier.close('reset'),
  ),
  overTcp('the connection ends half way', 'resolver-failed', (stage, question, replier) => {
    const bytes = withLength(right(stage, question));
    replier.sendRaw(bytes.subarray(0, bytes.length / 2));
    replier.close('end');
  }),
  overTcp('more bytes announced than sent', 'resolver-failed', (stage, question, replier) => {
    const bytes = withLength(right(stage, question));
    bytes.writeUInt16BE(65_535, 0);
    replier.sendRaw(bytes);
  }),
  overTcp('the answer byte by byte', 'proven', (stage, question, replier) => {
    for (const byte of withLength(right(stage, question))) replier.sendRaw(Buffer.from([byte]));
  }),
  overTcp('the answer dripping too slowly', 'resolver-failed', (stage, question, replier) => {
    const bytes = withLength(right(stage, question));
    const dripMs = stage.tryMs / 10;
    const drip = (index: number): void => {
      replier.sendRaw(bytes.subarray(index, index + 1));
      if (index + 1 < bytes.length) replier.later(dripMs, () => drip(index + 1));
    };
    drip(0);
  }),
  overTcp('truncated again over TCP', 'resolver-failed', (_, question, replier) =>
    replier.send(truncated(question)),
  ),
  overTcp('a wrong id over TCP', 'resolver-failed', (stage, question, replier) =>
    replier.send(right(stage, { ...question, id: question.id ^ 1 })),
  ),
  overTcp('an empty message over TCP', 'resolver-failed', (_, __, replier) =>
    replier.send(Buffer.alloc(0)),
  ),
  overTcp('more than 64 records over TCP', 'resolver-failed', ({ token }, question, replier) => {
    const others = Array.from({ length: 80 }, () => record.txt(question.name, 'x'));
    replier.send(reply(question, [record.txt(question.name, token), ...others]));
  }),
  overTcp('sixty thousand bytes of records', 'proven', ({ token }, question, replier) => {
    const long = Array.from({ length: 4 }, () => 'y'.repeat(250));
    const others = Array.from({ length: 58 }, () => record.txt(question.name, long));
    replier.send(reply(question, [...others, record.txt(question.name, token)]));
  }),
  overTcp('a flood without end', 'resolver-failed', ({ token }, question, replier) => {
    const others = Array.from({ length: 200 }, () => record.txt(question.name, 'z'.repeat(250)));
    replier.send(reply(question, [record.txt(question.name, token), ...others]));
    for (let count = 0; count < 50; count++) replier.sendRaw(Buffer.alloc(65_536, 0xff));
  }),
  {
    name: 'more than 64 KiB over a chain of answers',
    expect: 'resolver-failed',
    plant(stage) {
      const names = chain(stage, 2);
      const padding = Array.from({ length: 60 }, () =>
        record.txt(
          'padding.example',
          Array.from({ length: 4 }, () => 'p'.repeat(250)),
        ),
      );
      const play =
        (answer: Answer): DnsScript =>
        (question, replier) =>
          replier.send(
            question.transport === 'udp'
              ? truncated(question)
              : reply(question, [answer, ...padding]),
          );
      for (const [owner, target] of pairs(names)) {
        stage.server.script(owner, play(record.cname(owner, target)));
      }
      const last = names.at(-1) ?? '';
      stage.server.script(last, play(record.txt(last, stage.token)));
    },
  },
];
