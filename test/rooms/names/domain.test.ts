import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type DomainProblem, parseDomain } from '../../../src/names/index.ts';

const label63 = 'a'.repeat(63);
/** `count` characters in legal labels. */
function longName(count: number): string {
  const labels = 'abcdefgh.'.repeat(40).slice(0, count - '.com'.length);
  return `${labels.replace(/\.$/, 'x')}.com`;
}

const accepted: readonly (readonly [raw: string, domain: string])[] = [
  // Ordinary names
  ['example.com', 'example.com'],
  ['img.shop.example', 'img.shop.example'],
  ['a.b.c.d.e.f.g.example', 'a.b.c.d.e.f.g.example'],
  ['my-site.co.uk', 'my-site.co.uk'],
  ['1.example.com', '1.example.com'],
  ['123.example.com', '123.example.com'],
  ['3com.com', '3com.com'],
  ['a1.b2', 'a1.b2'],
  ['a.bc', 'a.bc'],
  ['t.co', 't.co'],
  ['x--y.example', 'x--y.example'],
  ['a-b-c.d-e.example', 'a-b-c.d-e.example'],
  ['0x.example', '0x.example'],
  ['0x7f.example', '0x7f.example'],
  ['127.0.0.1.example', '127.0.0.1.example'],
  ['127-0-0-1.example', '127-0-0-1.example'],
  ['localhost.example', 'localhost.example'],
  ['www.www.www', 'www.www.www'],
  // Whether a name is reserved is not for the parser to say
  ['foo.localhost', 'foo.localhost'],
  ['a.invalid', 'a.invalid'],
  ['co.uk', 'co.uk'],
  ['github.io', 'github.io'],
  // Private suffixes and unknown top-level labels: laboratories use them
  ['nas.lan', 'nas.lan'],
  ['printer.local', 'printer.local'],
  ['shop.test', 'shop.test'],
  ['files.internal', 'files.internal'],
  ['shop.home.arpa', 'shop.home.arpa'],
  ['img.n0such-tld', 'img.n0such-tld'],
  ['a.1b', 'a.1b'],
  ['a.0xg', 'a.0xg'],
  ['a.b1', 'a.b1'],
  ['1.2.3.4a', '1.2.3.4a'],
  // Case and the one trailing dot
  ['EXAMPLE.COM', 'example.com'],
  ['eXaMpLe.CoM', 'example.com'],
  ['example.com.', 'example.com'],
  ['Example.COM.', 'example.com'],
  ['a.bc.', 'a.bc'],
  // A-labels
  ['xn--fiqs8s.com', 'xn--fiqs8s.com'],
  ['XN--FIQS8S.COM', 'xn--fiqs8s.com'],
  ['xn--fsqu00a.xn--fiqs8s', 'xn--fsqu00a.xn--fiqs8s'],
  ['xn--bcher-kva.example', 'xn--bcher-kva.example'],
  ['xn--strae-oqa.de', 'xn--strae-oqa.de'],
  ['xn--zca.de', 'xn--zca.de'],
  ['www.xn--mnchen-3ya.de', 'www.xn--mnchen-3ya.de'],
  ['xn--80ak6aa92e.com', 'xn--80ak6aa92e.com'],
  ['xn--wgbh1c.example', 'xn--wgbh1c.example'],
  ['xn--4dbrk0ce.example', 'xn--4dbrk0ce.example'],
  ['xn--11b4c3d.example', 'xn--11b4c3d.example'],
  // Lengths at the edge
  [`${label63}.com`, `${label63}.com`],
  [longName(243), longName(243)],
  [longName(244), longName(244)],
  [`${longName(244)}.`, longName(244)],
];

const refused: readonly (readonly [raw: string, problem: DomainProblem])[] = [
  ['', 'empty'],
  ['.', 'empty'],
  // Length
  ['w.c', 'too-short'],
  ['a.b', 'too-short'],
  ['a.b.', 'too-short'],
  ['W.C', 'too-short'],
  ['com', 'too-short'],
  ['a', 'too-short'],
  [longName(245), 'too-long'],
  [longName(253), 'too-long'],
  [longName(254), 'too-long'],
  [longName(300), 'too-long'],
  ['a'.repeat(100_000), 'too-long'],
  ['.'.repeat(100_000), 'too-long'],
  [`${'a'.repeat(64)}.com`, 'label-too-long'],
  [`www.${'a'.repeat(64)}.com`, 'label-too-long'],
  [`www.${'a'.repeat(64)}`, 'label-too-long'],
  // Labels
  ['localhost', 'single-label'],
  ['example', 'single-label'],
  ['example.', 'single-label'],
  ['xn--fiqs8s', 'single-label'],
  ['..', 'empty-label'],
  ['...', 'empty-label'],
  ['.com', 'empty-label'],
  ['.example.com', 'empty-label'],
  ['example..com', 'empty-label'],
  ['example.com..', 'empty-label'],
  ['a...b', 'empty-label'],
  ['-example.com', 'hyphen-at-edge'],
  ['example-.com', 'hyphen-at-edge'],
  ['www.-a.com', 'hyphen-at-edge'],
  ['example.-com', 'hyphen-at-edge'],
  ['example.com-', 'hyphen-at-edge'],
  ['-.com', 'hyphen-at-edge'],
  ['---.com', 'hyphen-at-edge'],
  ['ab--cd.com', 'reserved-hyphens'],
  ['AB--CD.com', 'reserved-hyphens'],
  ['www.zz--zz.com', 'reserved-hyphens'],
  ['bq--abcd.com', 'reserved-hyphens'],
  ['a---b.example', 'reserved-hyphens'],
  // Wildcards
  ['*', 'wildcard'],
  ['*.example.com', 'wildcard'],
  ['*.com', 'wildcard'],
  ['www.*.com', 'wildcard'],
  ['w*.example.com', 'wildcard'],
  ['*example.com', 'wildcard'],
  ['**.example.com', 'wildcard'],
  // IP addresses in any notation
  ['127.0.0.1', 'ip-address'],
  ['127.0.0.1.', 'ip-address'],
  ['10.0.0.256', 'ip-address'],
  ['1.2.3', 'ip-address'],
  ['127.1', 'ip-address'],
  ['0177.0.0.1', 'ip-address'],
  ['0x7f.1', 'ip-address'],
  ['0X7F.1', 'ip-address'],
  ['0x7f000001', 'ip-address'],
  ['0x', 'ip-address'],
  ['2130706433', 'ip-address'],
  ['1.2.3.4.5', 'ip-address'],
  ['example.1', 'ip-address'],
  ['example.0x1', 'ip-address'],
  ['example.0x', 'ip-address'],
  ['example.08', 'ip-address'],
  ['0', 'ip-address'],
  ['::1', 'ip-address'],
  ['::', 'ip-address'],
  ['[::1]', 'ip-address'],
  ['2001:db8::1', 'ip-address'],
  ['[2001:db8::1]', 'ip-address'],
  ['::ffff:127.0.0.1', 'ip-address'],
  // URLs, ports, users
  ['http://example.com', 'url'],
  ['https://example.com/', 'url'],
  ['//example.com', 'url'],
  ['example.com/', 'url'],
  ['example.com/path', 'url'],
  ['example.com?x', 'url'],
  ['example.com#x', 'url'],
  ['example.com\\x', 'url'],
  ['user@example.com', 'url'],
  ['user:pass@example.com', 'url'],
  ['example.com:80', 'port'],
  ['example.com:', 'port'],
  ['example.com:65536', 'port'],
  ['[::1]:80', 'bad-character'],
  ['example.com:http', 'bad-character'],
  // White space and control characters
  [' ', 'white-space'],
  [' example.com', 'white-space'],
  ['example.com ', 'white-space'],
  ['exam ple.com', 'white-space'],
  ['example.com\n', 'white-space'],
  ['example.com\r\n', 'white-space'],
  ['example.com\t', 'white-space'],
  ['\u00a0example.com', 'white-space'],
  ['\u3000example.com', 'white-space'],
  ['\ufeffexample.com', 'white-space'],
  ['example.com\0', 'bad-character'],
  ['exa\0mple.com', 'bad-character'],
  ['example.com\x7f', 'bad-character'],
  ['\x1bexample.com', 'bad-character'],
  // Characters outside letters, digits, hyphens and dots
  ['%65xample.com', 'bad-character'],
  ['example%2ecom', 'bad-character'],
  ['example.com%00', 'bad-character'],
  ['_dnsauth.example.com', 'bad-character'],
  ['my_site.example.com', 'bad-character'],
  ['[example.com]', 'bad-character'],
  ['(example.com)', 'bad-character'],
  ['example,com', 'bad-character'],
  ['example;com', 'bad-character'],
  ['example.com;', 'bad-character'],
  ['"example.com"', 'bad-character'],
  ["example.com'--", 'bad-character'],
  ['<b>.com', 'bad-character'],
  ['a&b.com', 'bad-character'],
  ['a+b.com', 'bad-character'],
  ['a=b.com', 'bad-character'],
  ['a!b.com', 'bad-character'],
  ['$a.com', 'bad-character'],
  ['a|b.com', 'bad-character'],
  ['~a.com', 'bad-character'],
  ['`a`.com', 'bad-character'],
  ['{a}.com', 'bad-character'],
  ['^a.com', 'bad-character'],
  // Characters outside ASCII, also those that IDNA would turn into plain ones or into nothing
  ['例子.com', 'not-ascii'],
  ['bücher.example', 'not-ascii'],
  ['straße.de', 'not-ascii'],
  ['münchen.de.', 'not-ascii'],
  ['ｅxample.com', 'not-ascii'],
  ['example。com', 'not-ascii'],
  ['example．com', 'not-ascii'],
  ['example｡com', 'not-ascii'],
  ['ex\u00adample.com', 'not-ascii'],
  ['ex\u200bample.com', 'not-ascii'],
  ['ex\u200dample.com', 'not-ascii'],
  ['ex\u2060ample.com', 'not-ascii'],
  ['example.com\u202e', 'not-ascii'],
  ['ⓔxample.com', 'not-ascii'],
  ['exam℗le.com', 'not-ascii'],
  ['еxample.com', 'not-ascii'],
  ['ℯxample.com', 'not-ascii'],
  ['１２７.0.0.1', 'not-ascii'],
  ['example.com\u0338', 'not-ascii'],
  ['K.com\u212a', 'not-ascii'],
  ['İstanbul.com', 'not-ascii'],
  ['\ud800.com', 'not-ascii'],
  ['😀.com', 'not-ascii'],
  // xn-- labels that are no IDNA
  ['xn--a.com', 'bad-punycode'],
  ['xn--abc.com', 'bad-punycode'],
  ['xn--example.com', 'bad-punycode'],
  ['xn--0.com', 'bad-punycode'],
  ['xn--99999999999.com', 'bad-punycode'],
  ['xn--a-b.com', 'bad-punycode'],
  ['www.xn--zzzzzzzzzzz.com', 'bad-punycode'],
  ['xn--ls8h.example-xn--a.xn--a', 'bad-punycode'],
  ['xn--.com', 'hyphen-at-edge'],
  ['xn--abc-.com', 'hyphen-at-edge'],
  ['xn--xn--a-.com', 'hyphen-at-edge'],
  ['xn--xn--a--gua.com', 'bad-punycode'],
];

describe('a domain name', () => {
  it('is judged by at least 150 hand-picked names, each once', () => {
    const all = [...accepted, ...refused].map(([raw]) => raw);
    assert.ok(all.length >= 150, String(all.length));
    assert.equal(new Set(all).size, all.length);
  });

  for (const [raw, domain] of accepted) {
    const shown = raw.length > 80 ? `of ${raw.length} characters` : JSON.stringify(raw);
    it(`${shown} is accepted`, () => assert.deepEqual(parseDomain(raw), { ok: true, domain }));
  }

  for (const [raw, problem] of refused) {
    const shown = raw.length > 80 ? `of ${raw.length} characters` : JSON.stringify(raw);
    it(`${shown} is refused: ${problem}`, () => {
      const parsed = parseDomain(raw);
      assert.equal(parsed.ok, false);
      assert.equal(parsed.problem, problem);
      assert.match(parsed.message, /^[A-Z][\x20-\x7e]+$/);
    });
  }

  it('too short is refused with the sentence OSS uses', () => {
    const parsed = parseDomain('w.c');
    assert.equal(
      !parsed.ok && parsed.message,
      'Entire hostname must be longer than 3 ASCII characters.',
    );
  });

  it('in its own script is refused with the spelling to use', () => {
    const parsed = parseDomain('Bücher.example');
    assert.ok(!parsed.ok && parsed.message.endsWith(' Here: xn--bcher-kva.example'));
  });

  it('that only looks like an ASCII name is refused without offering that name', () => {
    const parsed = parseDomain('ｅxample.com');
    assert.ok(!parsed.ok && !parsed.message.includes('example.com'));
  });
});
