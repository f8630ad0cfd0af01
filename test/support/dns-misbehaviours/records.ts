/** Answers as they should be with records that are not: of other values, or at other places. */
import { code, nothing, record, reply } from '../dns-server.ts';
import { handMade, type Misbehaviour, message, typeAndClass, values } from './ways.ts';

export const recordValues: readonly Misbehaviour[] = [
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

export const wrongPlaces: readonly Misbehaviour[] = [
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
