import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type HostProblem, parseHost } from '../../../src/names/index.ts';

type Expected =
  | readonly ['name', string, number?]
  | readonly ['ip', string, number?]
  | readonly ['bad', HostProblem];

const hosts: readonly (readonly [raw: string, expected: Expected])[] = [
  ['example.com', ['name', 'example.com']],
  ['example.com:80', ['name', 'example.com', 80]],
  ['example.com:9443', ['name', 'example.com', 9443]],
  ['example.com:65535', ['name', 'example.com', 65535]],
  ['example.com:00080', ['name', 'example.com', 80]],
  ['example.com:', ['name', 'example.com']],
  ['EXAMPLE.com:80', ['name', 'example.com', 80]],
  ['example.com.', ['name', 'example.com']],
  ['example.com.:80', ['name', 'example.com', 80]],
  ['localhost', ['name', 'localhost']],
  ['LOCALHOST:9080', ['name', 'localhost', 9080]],
  ['localhost.', ['name', 'localhost']],
  ['a', ['name', 'a']],
  ['bucket.localhost:9080', ['name', 'bucket.localhost', 9080]],
  ['ab--cd.localhost', ['name', 'ab--cd.localhost']],
  ['1234.localhost', ['name', '1234.localhost']],
  ['xn--anything.example', ['name', 'xn--anything.example']],
  ['.oss-cn-hangzhou.aliyuncs.com', ['name', '.oss-cn-hangzhou.aliyuncs.com']],
  ['.OSS-cn-hangzhou.aliyuncs.com:80', ['name', '.oss-cn-hangzhou.aliyuncs.com', 80]],
  [`${'a'.repeat(63)}.example`, ['name', `${'a'.repeat(63)}.example`]],
  [`${'abcdefg.'.repeat(31)}abcde`, ['name', `${'abcdefg.'.repeat(31)}abcde`]],
  [`${'abcdefg.'.repeat(31)}abcde.:65535`, ['name', `${'abcdefg.'.repeat(31)}abcde`, 65535]],
  ['127.0.0.1', ['ip', '127.0.0.1']],
  ['127.0.0.1:9080', ['ip', '127.0.0.1', 9080]],
  ['[::1]', ['ip', '::1']],
  ['[::1]:9080', ['ip', '::1', 9080]],
  ['[2001:DB8::A]:1', ['ip', '2001:db8::a', 1]],
  ['[::ffff:127.0.0.1]', ['ip', '::ffff:127.0.0.1']],
  ['', ['bad', 'empty']],
  ['.', ['bad', 'empty']],
  ['..', ['bad', 'empty']],
  [':80', ['bad', 'empty']],
  ['...', ['bad', 'empty-label']],
  ['a..b', ['bad', 'empty-label']],
  ['..a.b', ['bad', 'empty-label']],
  ['a.b..', ['bad', 'empty-label']],
  ['-a.b', ['bad', 'hyphen-at-edge']],
  ['a-.b', ['bad', 'hyphen-at-edge']],
  [`${'a'.repeat(64)}.example`, ['bad', 'label-too-long']],
  [`${'abcdefg.'.repeat(31)}abcdef`, ['bad', 'too-long']],
  ['a'.repeat(10_000), ['bad', 'too-long']],
  ['127.1', ['bad', 'bad-address']],
  ['0x7f.1', ['bad', 'bad-address']],
  ['2130706433', ['bad', 'bad-address']],
  ['256.1.1.1', ['bad', 'bad-address']],
  ['127.0.0.01', ['bad', 'bad-address']],
  ['127.0.0.1.', ['bad', 'bad-address']],
  ['[::1', ['bad', 'bad-address']],
  ['[]', ['bad', 'bad-address']],
  ['[::g]', ['bad', 'bad-address']],
  ['[127.0.0.1]', ['bad', 'bad-address']],
  ['[fe80::1%eth0]', ['bad', 'bad-address']],
  ['[::1]x', ['bad', 'bad-character']],
  ['[::1].', ['bad', 'bad-character']],
  ['::1', ['bad', 'bad-port']],
  ['a:0', ['bad', 'bad-port']],
  ['a:65536', ['bad', 'bad-port']],
  ['a:99999999999', ['bad', 'bad-port']],
  ['a:-1', ['bad', 'bad-port']],
  ['a:+80', ['bad', 'bad-port']],
  ['a: 80', ['bad', 'bad-port']],
  ['a:80:80', ['bad', 'bad-port']],
  ['a:8o', ['bad', 'bad-port']],
  ['[::1]:0', ['bad', 'bad-port']],
  ['a b', ['bad', 'bad-character']],
  ['a,b', ['bad', 'bad-character']],
  ['a/b', ['bad', 'bad-character']],
  ['user@example.com', ['bad', 'bad-character']],
  ['*.example.com', ['bad', 'bad-character']],
  ['a_b.example', ['bad', 'bad-character']],
  ['ex%61mple.com', ['bad', 'bad-character']],
  ['bücher.example', ['bad', 'bad-character']],
  ['a\0b', ['bad', 'bad-character']],
  [' example.com', ['bad', 'bad-character']],
  ['example.com\n', ['bad', 'bad-character']],
  ['example.com:80\n', ['bad', 'bad-port']],
];

describe('a Host header', () => {
  for (const [raw, expected] of hosts) {
    const shown = raw.length > 80 ? `of ${raw.length} characters` : JSON.stringify(raw);
    it(`${shown} is ${expected.slice(0, 2).join(' ').slice(0, 60)}`, () => {
      const parsed = parseHost(raw);
      const [kind, value] = expected;
      assert.equal(parsed.kind, kind);
      if (parsed.kind === 'bad') return assert.equal(parsed.problem, value);
      assert.equal(parsed.kind === 'ip' ? parsed.address : parsed.name, value);
      assert.equal(parsed.port, expected[2]);
    });
  }
});
