/**
 * What DNS may answer to the question of an ownership proof, the usual and the hostile, each with
 * what must come of it. `test/rooms/dns` drives the resolver and the proof with every entry; a
 * black-box suite can drive PutCname with the same ones. Adding an entry adds a test to both.
 */
import dnsPacket, { type Answer } from 'dns-packet';
import {
  answerFlags,
  code,
  type DnsQuestion,
  type DnsReplier,
  type DnsScript,
  type DnsServer,
  nothing,
  record,
  reply,
  type TxtValue,
  withLength,
} from './dns-server.ts';

export type ProofClass = 'proven' | 'nothing-there' | 'something-else-there' | 'resolver-failed';

/** Where a misbehaviour plays: one domain, the token that must be published, and a stranger's. */
export interface MisbehaviourStage {
  readonly server: DnsServer;
  readonly domain: string;
  /** `_dnsauth.` and the domain. */
  readonly txtName: string;
  /** The live token of (bucket, domain): 32 hexadecimal characters. */
  readonly token: string;
  /** A live token of another bucket for the same domain. */
  readonly foreignToken: string;
  /** What the resolver under test waits for one try and for all. */
  readonly tryMs: number;
  readonly budgetMs: number;
}

export interface Misbehaviour {
  readonly name: string;
  readonly expect: ProofClass;
  /**
   * Plants it. Names of the stage's domain and `_dnsauth.` of its parent are touched: stages with
   * different parents can share a server.
   */
  plant(stage: MisbehaviourStage): void;
}

type Answers = (stage: MisbehaviourStage, question: DnsQuestion) => Buffer;
type Play = (stage: MisbehaviourStage, question: DnsQuestion, replier: DnsReplier) => void;

function scripted(name: string, expect: ProofClass, play: Play): Misbehaviour {
  const script =
    (stage: MisbehaviourStage): DnsScript =>
    (question, replier) =>
      play(stage, question, replier);
  return { name, expect, plant: (stage) => stage.server.script(stage.txtName, script(stage)) };
}

/** Sends one message and nothing else. */
function message(name: string, expect: ProofClass, answers: Answers): Misbehaviour {
  return scripted(name, expect, (stage, question, replier) =>
    replier.send(answers(stage, question)),
  );
}

/** TXT records at the right name. */
function values(
  name: string,
  expect: ProofClass,
  write: (stage: MisbehaviourStage) => TxtValue[],
): Misbehaviour {
  return { name, expect, plant: (stage) => stage.server.txt(stage.txtName, ...write(stage)) };
}

/** The right answer with some bytes changed. */
function twisted(name: string, expect: ProofClass, twist: (bytes: Buffer) => void): Misbehaviour {
  return message(name, expect, (stage, question) => {
    const bytes = right(stage, question);
    twist(bytes);
    return bytes;
  });
}

function right(stage: MisbehaviourStage, question: DnsQuestion): Buffer {
  return reply(question, [record.txt(question.name, stage.token)]);
}

function truncated(question: DnsQuestion, answers: Answer[] = []): Buffer {
  return reply(question, answers, { flags: answerFlags | dnsPacket.TRUNCATED_RESPONSE });
}

/** UDP says "truncated"; `play` answers over TCP. */
function overTcp(name: string, expect: ProofClass, play: Play): Misbehaviour {
  return scripted(name, expect, (stage, question, replier) => {
    if (question.transport === 'udp') replier.send(truncated(question));
    else play(stage, question, replier);
  });
}

/** Names of an alias chain of `links` links: the TXT name first. */
function chain(stage: MisbehaviourStage, links: number): string[] {
  const others = Array.from({ length: links }, (_, index) => `link-${index + 1}.${stage.domain}`);
  return [stage.txtName, ...others];
}

function pairs(names: readonly string[]): [string, string][] {
  return names.slice(1).map((target, index) => [names[index] ?? '', target]);
}

/** One answer carries the whole chain and the token at its end, as a resolver sends it. */
function chainInOne(name: string, expect: ProofClass, links: number): Misbehaviour {
  return message(name, expect, (stage, question) => {
    const names = chain(stage, links);
    const aliases = pairs(names).map(([owner, target]) => record.cname(owner, target));
    return reply(question, [...aliases, record.txt(names.at(-1) ?? '', stage.token)]);
  });
}

/** Each answer carries one link, as an authoritative server sends it. */
function chainAcross(name: string, expect: ProofClass, links: number): Misbehaviour {
  return {
    name,
    expect,
    plant(stage) {
      const names = chain(stage, links);
      for (const [owner, target] of pairs(names)) stage.server.cname(owner, target);
      stage.server.txt(names.at(-1) ?? '', stage.token);
    },
  };
}

/** The header and question of a reply that announces `answerCount` records, then raw bytes. */
function handMade(question: DnsQuestion, answerCount: number, tail: readonly number[]): Buffer {
  const bytes = Buffer.concat([reply(question, []), Buffer.from(tail)]);
  bytes.writeUInt16BE(answerCount, 6);
  return bytes;
}

const typeAndClass = [0, 16, 0, 1, 0, 0, 0, 60];
/** A pointer to the question's name, type TXT, class IN, ttl 60. */
const recordHead = [0xc0, 12, ...typeAndClass];

const recordValues: readonly Misbehaviour[] = [
  values('the token, as it should be', 'proven', ({ token }) => [token]),
  values('a wrong value', 'something-else-there', () => ['v=spf1 -all']),
  values('several records, one right', 'proven', ({ token }) => ['a', token, 'b']),
  values('several records, all wrong', 'something-else-there', () => ['a', 'b', 'c']),
  values('sixty-four records, the last one right', 'proven', ({ token }) => [
    ...Array.from({ length: 63 }, (_, index) => `other-${index}`),
    token,
  ]),
  values('the token split into strings', 'proven', ({ token }) => [
    [token.slice(0, 5), token.slice(5, 9), token.slice(9)],
  ]),
  values('the token split, in the wrong order', 'something-else-there', ({ token }) => [
    [token.slice(16), token.slice(0, 16)],
  ]),
  values('the token spread over two records', 'something-else-there', ({ token }) => [
    token.slice(0, 16),
    token.slice(16),
  ]),
  values('empty strings around the token', 'proven', ({ token }) => [['', token, '']]),
  values('one empty string', 'something-else-there', () => ['']),
  values('quotes around the token', 'proven', ({ token }) => [`"${token}"`]),
  values('spaces around the token', 'proven', ({ token }) => [`  ${token}  `]),
  values('spaces and quotes around the token', 'proven', ({ token }) => [` " ${token} " `]),
  values('a space within the token', 'something-else-there', ({ token }) => [
    `${token.slice(0, 16)} ${token.slice(16)}`,
  ]),
  values('the token in upper case', 'something-else-there', ({ token }) => [
    token.toUpperCase().replace(/^[0-9]+$/, 'NO LETTERS'),
  ]),
  values('the token within a longer value', 'something-else-there', ({ token }) => [`x${token}x`]),
  values('the token behind a key', 'something-else-there', ({ token }) => [`token=${token}`]),
  values('the token short of one character', 'something-else-there', ({ token }) => [
    token.slice(0, -1),
  ]),
  values('the token twice in one value', 'something-else-there', ({ token }) => [token + token]),
  values('the token of another bucket', 'something-else-there', (stage) => [stage.foreignToken]),
  values('bytes outside ASCII', 'something-else-there', () => [
    Buffer.from([0xff, 0xfe, 0xc3, 0xa9]),
  ]),
  values('the token and a NUL', 'something-else-there', ({ token }) => [`${token}\0`]),
  values('the token and a line end', 'something-else-there', ({ token }) => [`${token}\r\n`]),
  values('the token in full-width characters', 'something-else-there', ({ token }) => [
    [...token].map((each) => String.fromCodePoint((each.codePointAt(0) ?? 0) + 0xfee0)).join(''),
  ]),
  values('markup', 'something-else-there', () => ['</Message><Code>OK</Code>']),
];

const wrongPlaces: readonly Misbehaviour[] = [
  message('no such name', 'nothing-there', (_, question) => nothing(question, code.nxdomain)),
  message('no such record', 'nothing-there', (_, question) => nothing(question)),
  message('an empty answer without SOA', 'nothing-there', (_, question) => reply(question, [])),
  {
    name: "the parent's record only",
    expect: 'nothing-there',
    plant({ server, domain, token }) {
      server.txt(`_dnsauth.${domain.split('.').slice(1).join('.')}`, token);
    },
  },
  {
    name: 'the token at the domain itself',
    expect: 'nothing-there',
    plant: ({ server, domain, token }) => server.txt(domain, token),
  },
  message('a record of the wildcard owner', 'nothing-there', ({ domain, token }, question) =>
    reply(question, [record.txt(`*.${domain}`, token)]),
  ),
  message('a record of another name', 'nothing-there', ({ token }, question) =>
    reply(question, [record.txt('_dnsauth.other.example', token)]),
  ),
  message('a record of a longer name', 'nothing-there', ({ token }, question) =>
    reply(question, [record.txt(`x.${question.name}`, token)]),
  ),
  message('a record of another class', 'nothing-there', ({ token, txtName }, question) =>
    reply(question, [{ type: 'TXT', name: txtName, class: 'CH', data: token }]),
  ),
  message('the token in the additional section', 'nothing-there', ({ token }, question) =>
    reply(question, [], { additionals: [record.txt(question.name, token)] }),
  ),
  message('the token in the authority section', 'nothing-there', ({ token }, question) =>
    reply(question, [], { authorities: [record.txt(question.name, token)] }),
  ),
  message('the token in a record of type SPF', 'nothing-there', ({ token }, question) =>
    handMade(question, 1, [0xc0, 12, 0, 99, 0, 1, 0, 0, 0, 60, 0, 33, 32, ...Buffer.from(token)]),
  ),
  message('an owner whose one label holds the dots', 'nothing-there', ({ token }, question) => {
    const label = Buffer.from(question.name);
    const tail = [label.length, ...label, 0, ...typeAndClass, 0, 33, 32, ...Buffer.from(token)];
    return handMade(question, 1, tail);
  }),
  message('no such name, with the token beside', 'nothing-there', ({ token }, question) =>
    reply(question, [record.txt(question.name, token)], { rcode: code.nxdomain }),
  ),
];

const aliases: readonly Misbehaviour[] = [
  chainInOne('an alias in one answer', 'proven', 1),
  chainAcross('an alias across answers', 'proven', 1),
  chainInOne('eight aliases in one answer', 'proven', 8),
  chainAcross('eight aliases across answers', 'proven', 8),
  chainInOne('nine aliases in one answer', 'resolver-failed', 9),
  chainAcross('nine aliases across answers', 'resolver-failed', 9),
  message('two aliases in a ring, in one answer', 'resolver-failed', ({ domain }, question) =>
    reply(question, [
      record.cname(question.name, `ring.${domain}`),
      record.cname(`ring.${domain}`, question.name),
    ]),
  ),
  {
    name: 'two aliases in a ring, across answers',
    expect: 'resolver-failed',
    plant({ server, domain, txtName }) {
      server.cname(txtName, `ring.${domain}`);
      server.cname(`ring.${domain}`, txtName);
    },
  },
  {
    name: 'an alias to itself',
    expect: 'resolver-failed',
    plant: ({ server, txtName }) => server.cname(txtName, txtName),
  },
  {
    name: 'an alias to no such name',
    expect: 'nothing-there',
    plant: ({ server, domain, txtName }) => server.cname(txtName, `gone.${domain}`),
  },
  {
    name: 'an alias to a name without TXT',
    expect: 'nothing-there',
    plant({ server, domain, txtName }) {
      server.cname(txtName, `bare.${domain}`);
      server.txt(`bare.${domain}`);
    },
  },
  {
    name: 'an alias to a wrong value',
    expect: 'something-else-there',
    plant({ server, domain, txtName }) {
      server.cname(txtName, `else.${domain}`);
      server.txt(`else.${domain}`, 'something else');
    },
  },
  message('an alias, and the token at another name', 'nothing-there', (stage, question) =>
    reply(question, [
      record.cname(question.name, `gone.${stage.domain}`),
      record.txt(`elsewhere.${stage.domain}`, stage.token),
    ]),
  ),
  message('two different aliases at one name', 'resolver-failed', ({ domain, token }, question) =>
    reply(question, [
      record.cname(question.name, `one.${domain}`),
      record.cname(question.name, `two.${domain}`),
      record.txt(`two.${domain}`, token),
    ]),
  ),
  message('aliases in the wrong order', 'proven', ({ domain, token }, question) =>
    reply(question, [
      record.txt(`b.${domain}`, token),
      record.cname(`a.${domain}`, `b.${domain}`),
      record.cname(question.name, `a.${domain}`),
    ]),
  ),
  message('an alias made by a DNAME', 'proven', ({ domain, token }, question) =>
    reply(question, [
      { type: 'DNAME', name: domain, ttl: 60, data: `moved.${domain}` },
      record.cname(question.name, `_dnsauth.moved.${domain}`),
      record.txt(`_dnsauth.moved.${domain}`, token),
    ]),
  ),
];

const wrongReplies: readonly Misbehaviour[] = [
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

const brokenBytes: readonly Misbehaviour[] = [
  message('garbage', 'resolver-failed', () => Buffer.from('GET / HTTP/1.1\r\n\r\n')),
  message('an empty datagram', 'resolver-failed', () => Buffer.alloc(0)),
  message('the header only', 'resolver-failed', (stage, question) =>
    right(stage, question).subarray(0, 12),
  ),
  message('the first bytes of the header', 'resolver-failed', (stage, question) =>
    right(stage, question).subarray(0, 5),
  ),
  message('an answer cut in the token', 'resolver-failed', (stage, question) =>
    right(stage, question).subarray(0, -7),
  ),
  message('a name that points to itself', 'resolver-failed', (_, question) => {
    const here = reply(question, []).length;
    return handMade(question, 1, [0xc0, here, ...typeAndClass, 0, 0]);
  }),
  message('two names that point to each other', 'resolver-failed', (_, question) => {
    const here = reply(question, []).length;
    return handMade(question, 1, [0xc0, here + 2, 0xc0, here, ...typeAndClass, 0, 0]);
  }),
  message('a pointer behind the end', 'resolver-failed', (_, question) =>
    handMade(question, 1, [0xff, 0xff, ...typeAndClass, 0, 0]),
  ),
  message('a label of a kind nobody knows', 'resolver-failed', (_, question) =>
    handMade(question, 1, [0x41, 0, ...typeAndClass, 0, 0]),
  ),
  message('a name of more than 255 bytes', 'resolver-failed', (_, question) => {
    const label = [63, ...Buffer.alloc(63, 'a')];
    return handMade(question, 1, [
      ...label,
      ...label,
      ...label,
      ...label,
      0,
      ...typeAndClass,
      0,
      0,
    ]);
  }),
  twisted('more records announced than sent', 'resolver-failed', (bytes) =>
    bytes.writeUInt16BE(9, 6),
  ),
  twisted('no records announced but one sent', 'nothing-there', (bytes) =>
    bytes.writeUInt16BE(0, 6),
  ),
  message('a record longer than the answer', 'resolver-failed', ({ token }, question) =>
    handMade(question, 1, [...recordHead, 0xff, 0xff, 32, ...Buffer.from(token)]),
  ),
  message('a string longer than its record', 'resolver-failed', ({ token }, question) =>
    handMade(question, 1, [...recordHead, 0, 33, 200, ...Buffer.from(token)]),
  ),
  message('a record of no bytes', 'something-else-there', (_, question) =>
    handMade(question, 1, [...recordHead, 0, 0]),
  ),
  message('an alias with bytes behind its name', 'resolver-failed', (_, question) =>
    handMade(question, 1, [0xc0, 12, 0, 5, 0, 1, 0, 0, 0, 60, 0, 6, 1, 120, 0xc0, 12, 0, 0]),
  ),
  message('bytes behind the answer', 'proven', (stage, question) =>
    Buffer.concat([right(stage, question), Buffer.from('and more')]),
  ),
  message('lifetime 0', 'proven', ({ token }, question) =>
    reply(question, [{ ...record.txt(question.name, token), ttl: 0 } as Answer]),
  ),
  message('names in mixed case', 'proven', ({ token }, question) => {
    const name = question.name.toUpperCase().replace('D', 'd');
    return reply(question, [record.txt(name, token)], { questions: [{ type: 'TXT', name }] });
  }),
  message('the same record three times', 'proven', ({ token }, question) => {
    const one = record.txt(question.name, token);
    return reply(question, [one, one, one]);
  }),
];

const time: readonly Misbehaviour[] = [
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

const streams: readonly Misbehaviour[] = [
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

export const misbehaviours: readonly Misbehaviour[] = [
  ...recordValues,
  ...wrongPlaces,
  ...aliases,
  ...wrongReplies,
  ...brokenBytes,
  ...time,
  ...streams,
];
