/** The token behind aliases: long chains, rings, dead ends, aliases that contradict. */
import { record, reply } from '../dns-server.ts';
import { chain, type Misbehaviour, message, type ProofClass, pairs } from './ways.ts';

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

export const aliases: readonly Misbehaviour[] = [
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
