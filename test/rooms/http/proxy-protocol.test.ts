import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { proxyHeaderBytesMax, readProxyHeader } from '../../../src/http/proxy-protocol.ts';
import { binaryHeader, ipv4Header, ipv6Header, lineHeader } from '../../support/proxy-header.ts';

const v6 = '20010db8000000000000000000000001';

const good: readonly (readonly [string, Buffer, string | undefined])[] = [
  ['a line, IPv4', Buffer.from(lineHeader('192.0.2.7')), '192.0.2.7'],
  ['a line, IPv6', Buffer.from(lineHeader('2001:db8::1')), '2001:db8::1'],
  ['the longest line', Buffer.from(`PROXY UNKNOWN ${'f'.repeat(91)}\r\n`), undefined],
  ['an unknown line', Buffer.from('PROXY UNKNOWN\r\n'), undefined],
  ['binary, IPv4', ipv4Header('192.0.2.7'), '192.0.2.7'],
  ['binary, extensions', ipv4Header('192.0.2.7', Buffer.alloc(300, 4)), '192.0.2.7'],
  ['binary, IPv6', ipv6Header(v6), '2001:db8::1'],
  ['binary, IPv4 as IPv6', ipv6Header('00000000000000000000ffffc0000207'), '192.0.2.7'],
  ['binary, local', binaryHeader({ command: 0, family: 0, rest: Buffer.alloc(0) }), undefined],
  ['binary, a socket path', binaryHeader({ family: 0x31, rest: Buffer.alloc(216) }), undefined],
];

const bad: readonly (readonly [string, Buffer])[] = [
  ['plain HTTP', Buffer.from('GET / HTTP/1.1\r\n')],
  ['TLS', Buffer.from([22, 3, 1, 2, 0, 1])],
  ['small letters', Buffer.from('proxy TCP4 ')],
  ['another family', Buffer.from('PROXY UDP4 192.0.2.7 192.0.2.8 1 2\r\n')],
  ['a name for an address', Buffer.from('PROXY TCP4 a.example 192.0.2.8 1 2\r\n')],
  ['IPv6 in TCP4', Buffer.from('PROXY TCP4 ::1 ::1 1 2\r\n')],
  ['IPv4 in TCP6', Buffer.from('PROXY TCP6 192.0.2.7 192.0.2.8 1 2\r\n')],
  ['leading zeros', Buffer.from('PROXY TCP4 192.0.2.007 192.0.2.8 1 2\r\n')],
  ['a port too high', Buffer.from('PROXY TCP4 192.0.2.7 192.0.2.8 1 65536\r\n')],
  ['a port with zeros', Buffer.from('PROXY TCP4 192.0.2.7 192.0.2.8 01 2\r\n')],
  ['a word too few', Buffer.from('PROXY TCP4 192.0.2.7 192.0.2.8 1\r\n')],
  ['a word too many', Buffer.from('PROXY TCP4 192.0.2.7 192.0.2.8 1 2 3\r\n')],
  ['no end', Buffer.from(`PROXY UNKNOWN ${'f'.repeat(100)}`)],
  ['version 1 in binary', binaryHeader({ version: 1, family: 0x11, rest: Buffer.alloc(12) })],
  ['another command', binaryHeader({ command: 2, family: 0x11, rest: Buffer.alloc(12) })],
  ['too few addresses', binaryHeader({ family: 0x21, rest: Buffer.alloc(12) })],
  ['too long', binaryHeader({ family: 0x11, rest: Buffer.alloc(12), length: 2_049 })],
];

describe('the PROXY protocol', () => {
  for (const [name, header, source] of good) {
    test(`reads ${name}, byte by byte, and leaves what follows`, () => {
      for (let length = 0; length < header.length; length++) {
        const part = header.subarray(0, length);
        assert.deepEqual(readProxyHeader(part), { kind: 'incomplete' }, `${length} bytes`);
      }
      const whole = { kind: 'header', length: header.length, source };
      assert.deepEqual(readProxyHeader(header), whole);
      assert.deepEqual(readProxyHeader(Buffer.concat([header, Buffer.from('GET /')])), whole);
    });
  }
  for (const [name, bytes] of bad) {
    test(`refuses ${name}`, () => {
      assert.deepEqual(readProxyHeader(bytes), { kind: 'malformed' });
    });
  }
  test('never waits beyond its bound, whatever comes', () => {
    const starts = fc.constantFrom(
      '',
      'PROXY ',
      'PROXY TCP4 ',
      binaryHeader({
        family: 0x11,
        rest: Buffer.alloc(0),
      })
        .toString('latin1')
        .slice(0, 12),
    );
    fc.assert(
      fc.property(starts, fc.uint8Array({ maxLength: 3_000 }), (start, tail) => {
        const bytes = Buffer.concat([Buffer.from(start, 'latin1'), tail]);
        const verdict = readProxyHeader(bytes);
        if (bytes.length >= proxyHeaderBytesMax) assert.notEqual(verdict.kind, 'incomplete');
        if (verdict.kind === 'header') assert.ok(verdict.length <= bytes.length);
      }),
    );
  });
});
