import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { describe, it } from 'node:test';
import { domainToASCII } from 'node:url';
import fc from 'fast-check';
import {
  isPublicSuffix,
  parseDomain,
  parseHost,
  registrableDomain,
} from '../../../src/names/index.ts';

const tr46 = createRequire(import.meta.url)('tr46') as {
  toASCII(name: string, options: Record<string, boolean>): string | null;
};
const seed = Number(process.env.TEST_SEED ?? Math.floor(Math.random() * 2 ** 31));
/** The nightly campaign raises this to a million (security.md 1.7). */
const numRuns = Number(process.env.TEST_NAMES ?? 20_000);
const parameters = { seed, numRuns };

/** Names as people and attackers write them: near enough to names that many are accepted. */
const letters = fc.stringMatching(/^[a-zA-Z0-9]([a-zA-Z0-9-]{0,12}[a-zA-Z0-9])?$/);
const oddLabel = fc.oneof(
  fc.constantFrom(
    'xn--fiqs8s',
    'xn--zca',
    'xn--a',
    'XN--BCHER-KVA',
    'xn--',
    'ab--cd',
    '-',
    '',
    '*',
  ),
  fc.constantFrom(
    '0x7f',
    '127',
    '1',
    '_dnsauth',
    'bücher',
    '例子',
    'ｅx',
    'ex\u00adample',
    '%65x',
    ' ',
  ),
  fc.string({ unit: 'binary', maxLength: 8 }),
  fc.string({ unit: 'grapheme-ascii', maxLength: 70 }),
  fc.string({ unit: 'grapheme', maxLength: 8 }).map((text) => `xn--${text}`),
  fc.stringMatching(/^xn--[a-z0-9-]{1,20}$/),
);
const label = fc.oneof({ weight: 3, arbitrary: letters }, { weight: 1, arbitrary: oddLabel });
const separator = fc.oneof(
  { weight: 12, arbitrary: fc.constant('.') },
  { weight: 1, arbitrary: fc.constantFrom('..', '。', '．', '/', ':', '@', ' ', '\0', '') },
);
const name = fc
  .tuple(fc.array(fc.tuple(label, separator), { minLength: 1, maxLength: 9 }), letters)
  .map(([pairs, last]) => pairs.map(([text, mark]) => text + mark).join('') + last);
const raw = fc.oneof(
  { weight: 8, arbitrary: name },
  { weight: 1, arbitrary: name.map((text) => `${text}.`) },
  { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 300 }) },
);

describe(`names (TEST_SEED=${seed}, ${numRuns} runs each)`, () => {
  it('no text makes the parser throw, and its answer is one of two forms', () => {
    let accepted = 0;
    fc.assert(
      fc.property(raw, (text) => {
        const parsed = parseDomain(text);
        if (parsed.ok) accepted++;
        else assert.ok(parsed.problem.length > 0 && parsed.message.length > 0);
      }),
      parameters,
    );
    assert.ok(accepted > numRuns / 20, `${accepted} accepted: the generator writes too few names`);
  });

  it('a canonical name is canonical again', () => {
    fc.assert(
      fc.property(raw, (text) => {
        const parsed = parseDomain(text);
        if (parsed.ok) assert.deepEqual(parseDomain(parsed.domain), parsed);
      }),
      parameters,
    );
  });

  it('a canonical name keeps every rule of security.md 1.3', () => {
    fc.assert(
      fc.property(raw, (text) => {
        const parsed = parseDomain(text);
        if (!parsed.ok) return;
        const { domain } = parsed;
        const labels = domain.split('.');
        assert.match(domain, /^[a-z0-9.-]+$/);
        assert.ok(domain.length > 3 && `_dnsauth.${domain}`.length <= 253);
        assert.ok(labels.length >= 2);
        assert.ok(labels.every((each) => /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/.test(each)));
        assert.doesNotMatch(labels.at(-1) ?? '', /^([0-9]+|0x[0-9a-f]*)$/);
        assert.equal(domainToASCII(domain), domain);
      }),
      parameters,
    );
  });

  it('no text is an alias: what is accepted is the text itself but for case and one dot', () => {
    const pure = {
      useSTD3ASCIIRules: true,
      checkHyphens: true,
      checkBidi: true,
      checkJoiners: true,
    };
    fc.assert(
      fc.property(raw, (text) => {
        const parsed = parseDomain(text);
        if (!parsed.ok) return;
        assert.equal(text.toLowerCase().replace(/\.$/, ''), parsed.domain);
        const derived = tr46.toASCII(text.replace(/\.$/, ''), { ...pure, verifyDNSLength: true });
        assert.equal(derived, parsed.domain);
      }),
      parameters,
    );
  });

  it('every spelling of a domain in a Host header leads to that domain', () => {
    const port = fc.oneof(
      fc.constant(''),
      fc.integer({ min: 1, max: 65_535 }).map((n) => `:${n}`),
    );
    fc.assert(
      fc.property(raw, fc.boolean(), fc.constantFrom('', '.'), port, (text, isUpper, dot, tail) => {
        const parsed = parseDomain(text);
        if (!parsed.ok) return;
        const host = parseHost(
          (isUpper ? parsed.domain.toUpperCase() : parsed.domain) + dot + tail,
        );
        assert.equal(host.kind, 'name');
        assert.ok(host.kind === 'name' && host.name === parsed.domain);
        assert.ok(host.kind === 'name' && host.port === (tail ? Number(tail.slice(1)) : undefined));
      }),
      parameters,
    );
  });

  it('no Host header makes the parser throw, and no name it gives means another domain', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          raw,
          raw.map((text) => `[${text}]:80`),
        ),
        (text) => {
          const host = parseHost(text);
          if (host.kind !== 'name') return;
          assert.match(host.name, /^\.?[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/);
          assert.ok(text.toLowerCase().startsWith(host.name));
          assert.deepEqual(parseHost(host.name), { ...host, port: undefined });
        },
      ),
      parameters,
    );
  });

  it('a registrable domain is the domain or above it, and no suffix of a registry', () => {
    fc.assert(
      fc.property(raw, (text) => {
        const parsed = parseDomain(text);
        if (!parsed.ok) return;
        const registrable = registrableDomain(parsed.domain);
        if (registrable === undefined) return assert.ok(isPublicSuffix(parsed.domain, 'icann'));
        assert.ok(`.${parsed.domain}`.endsWith(`.${registrable}`));
        assert.equal(isPublicSuffix(registrable, 'icann'), false);
      }),
      parameters,
    );
  });
});
