/** Bytes that are no reply, or hardly one: cut, pointing in circles, of wrong lengths. */
import type { Answer } from 'dns-packet';
import { record, reply } from '../dns-server.ts';
import {
  handMade,
  type Misbehaviour,
  message,
  recordHead,
  right,
  twisted,
  typeAndClass,
} from './ways.ts';

export const brokenBytes: readonly Misbehaviour[] = [
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
