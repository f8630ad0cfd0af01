/** Ways to spoil a sound text; what comes out may still be sound. */
import type { Chance } from '../../support/chance.ts';

/** Header values are latin1, without the bytes that end them. */
export const hostileValues: readonly string[] = [
  '',
  ' ',
  '0',
  '-1',
  '1e9',
  '9'.repeat(40),
  'NaN',
  'true',
  'null',
  'null,null',
  '*',
  '%',
  '%00',
  '%ff%fe',
  '../..',
  '/',
  '//',
  '/a/b?versionId=',
  '\u00ff\u00fe',
  '"',
  '""',
  'W/"',
  'bytes=',
  'bytes=0-',
  'bytes=-0',
  'bytes=5-2',
  `bytes=0-${'9'.repeat(30)}`,
  `bytes=${'0-0,'.repeat(200)}0-0`,
  'Thu, 01 Jan 1970 00:00:00 GMT',
  'Thu, 99 Foo 99999 99:99:99 GMT',
  'e30=',
  'eyJjYWxsYmFja1VybCI6InguZXhhbXBsZSIsImNhbGxiYWNrQm9keSI6ImEifQ==',
  'bnVsbA==',
  'W10=',
  '====',
  'k=v&k=v',
  '&'.repeat(50),
  'a:b,c:d',
  'A'.repeat(64),
  'x'.repeat(2000),
  'KMS',
  'Standard',
  'REPLACE',
  'standard',
  'multi-range',
  'text/html; charset=\u00e9',
  'application/xml',
];

const hostileTexts: readonly string[] = [
  ...hostileValues,
  '&lt;',
  '&amp;amp;',
  '&#0;',
  '&#x1;',
  '&#x110000;',
  '&x;',
  '<![CDATA[x]]>',
  '<!-- -->',
  '<?x?>',
  '<a/>',
  '\u0000',
  '\ufeff',
  '\u202e',
  '\ud800',
  '𝒳'.repeat(300),
  '__proto__',
  'constructor',
];

/** A document after one to four changes. */
export function spoil(text: string, chance: Chance): string {
  let spoiled = text;
  for (let times = chance.int(4); times >= 0; times--) spoiled = spoilOnce(spoiled, chance);
  return spoiled;
}

function spoilOnce(text: string, chance: Chance): string {
  const at = chance.int(text.length + 1);
  const end = Math.min(text.length, at + chance.int(40));
  const cut = text.slice(at, end);
  switch (chance.int(10)) {
    case 0:
      return text.slice(0, at);
    case 1:
      return text.slice(0, at) + text.slice(end);
    case 2:
      return text.slice(0, at) + cut.repeat(1 + chance.int(30)) + text.slice(end);
    case 3:
      return text.slice(0, at) + chance.pick(hostileTexts) + text.slice(end);
    case 4:
      return text.replace(/>[^<]+</g, (found) =>
        chance.one(3) ? `>${chance.pick(hostileTexts)}<` : found,
      );
    case 5:
      return text.replace(/"[^"]+"/g, (found) =>
        chance.one(4) ? chance.pick(['null', '1', '[]', '{}', '""', '"*"', 'true']) : found,
      );
    case 6: {
      const elements = text.match(/<(\w+)>[^<]*<\/\1>/g) ?? [''];
      const moved = chance.pick(elements);
      return text.replace(moved, '') + (chance.one(2) ? moved : '');
    }
    case 7: {
      const elements = text.match(/<(\w+)>[^<]*<\/\1>/g) ?? [''];
      const doubled = chance.pick(elements);
      return text.replace(doubled, doubled.repeat(1 + chance.int(1200)));
    }
    case 8:
      return `${'<a>'.repeat(chance.int(300))}${text}`;
    default:
      return text.replace(/<\/?(\w+)/g, (found) => (chance.one(12) ? '<x' : found));
  }
}
