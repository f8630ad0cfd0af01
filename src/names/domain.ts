import { createRequire } from 'node:module';
import { isIPv6 } from 'node:net';

/** tr46 ships no types; these are the two calls used here. */
interface Tr46 {
  toASCII(name: string, options: Tr46Options): string | null;
  toUnicode(name: string, options: Tr46Options): { domain: string; error: boolean };
}
interface Tr46Options {
  readonly checkHyphens: boolean;
  readonly checkBidi: boolean;
  readonly checkJoiners: boolean;
  readonly useSTD3ASCIIRules: boolean;
  readonly verifyDNSLength?: boolean;
  readonly transitionalProcessing: boolean;
}
const tr46 = createRequire(import.meta.url)('tr46') as Tr46;

/** UTS #46 at its strictest: anything the tables merely tolerate is an error. */
const strictIdna: Tr46Options = {
  checkHyphens: true,
  checkBidi: true,
  checkJoiners: true,
  useSTD3ASCIIRules: true,
  transitionalProcessing: false,
};

/** OSS: "longer than 3 ASCII characters" (custom-domain.md 5.1, EC 0017-00000249). */
const charactersMin = 4;
/** RFC 1035 2.3.4: 255 octets on the wire are 253 characters of text. */
const nameCharactersMax = 253;
/** RFC 1035 2.3.4. */
const labelCharactersMax = 63;
/** The TXT name of the proof must be a legal name too (security.md 1.3). */
const proofPrefix = '_dnsauth.';
const domainCharactersMax = nameCharactersMax - proofPrefix.length;

/** Why a text is not a domain that can be mapped. Closed: each has its sentence below. */
export type DomainProblem =
  | 'empty'
  | 'too-short'
  | 'too-long'
  | 'wildcard'
  | 'white-space'
  | 'url'
  | 'port'
  | 'not-ascii'
  | 'bad-character'
  | 'ip-address'
  | 'single-label'
  | 'empty-label'
  | 'label-too-long'
  | 'hyphen-at-edge'
  | 'reserved-hyphens'
  | 'bad-punycode';

const sentences: Readonly<Record<DomainProblem, string>> = {
  empty: 'The domain name is empty.',
  'too-short': 'Entire hostname must be longer than 3 ASCII characters.',
  'too-long':
    `The domain name is longer than ${domainCharactersMax} characters, so that its TXT name, ` +
    `with ${proofPrefix} in front, would be longer than ${nameCharactersMax}.`,
  wildcard: 'Wildcard names cannot be mapped: give each exact domain name.',
  'white-space': 'The domain name holds white space.',
  url: 'The domain name looks like a URL: give the host name only, without scheme, path or user.',
  port: 'The domain name holds a colon: give the host name only, without a port.',
  'not-ascii':
    'The domain name holds characters outside ASCII: ' +
    'give its ASCII form, with labels that begin with xn--.',
  'bad-character': 'The domain name may hold letters, digits, hyphens and dots only.',
  'ip-address': 'An IP address cannot be mapped: give a domain name.',
  'single-label': 'The domain name needs at least two labels, as in img.example.com.',
  'empty-label': 'The domain name holds an empty label: two dots in a row, or a dot in front.',
  'label-too-long': `A label of the domain name is longer than ${labelCharactersMax} characters.`,
  'hyphen-at-edge': 'A label of the domain name begins or ends with a hyphen.',
  'reserved-hyphens':
    'A label of the domain name has hyphens as its third and fourth characters; ' +
    'only xn-- may (RFC 5890 2.3.1).',
  'bad-punycode': 'A label of the domain name begins with xn-- but is not valid IDNA.',
};

/** The canonical name, or why there is none with a sentence for the person who wrote it. */
export type ParsedDomain =
  | { readonly ok: true; readonly domain: string }
  | { readonly ok: false; readonly problem: DomainProblem; readonly message: string };

/**
 * The canonical form of a domain that may be mapped: lower-case A-labels, no trailing dot, at least
 * two labels, no IP address in any notation. Never throws; `parseDomain(domain).domain === domain`
 * for every accepted one. The raw text is judged before any conversion, because IDNA mapping
 * turns several texts into one name (security.md 1.2). White space is an error here: trimming it
 * belongs to the reader of the Domain element.
 */
export function parseDomain(raw: string): ParsedDomain {
  const rawProblem = problemOfRawText(raw);
  if (rawProblem !== undefined) return refuse(rawProblem, raw);
  const lower = raw.toLowerCase();
  const domain = lower.endsWith('.') ? lower.slice(0, -1) : lower;
  const problem = problemOfName(domain);
  return problem === undefined ? { ok: true, domain } : refuse(problem, raw);
}

function refuse(problem: DomainProblem, raw: string): ParsedDomain {
  const hint = problem === 'not-ascii' ? aLabelHint(raw) : '';
  return { ok: false, problem, message: sentences[problem] + hint };
}

/** What is wrong with the text as it came, before case and the trailing dot are touched. */
function problemOfRawText(raw: string): DomainProblem | undefined {
  if (raw === '' || raw === '.') return 'empty';
  // Long before any table is asked, so that a hostile text costs nothing.
  if (raw.length > nameCharactersMax + 1) return 'too-long';
  if (/^[A-Za-z0-9.-]+$/.test(raw)) return undefined;
  if (/\s/.test(raw)) return 'white-space';
  if (raw.includes('*')) return 'wildcard';
  if (isIPv6(raw.replace(/^\[|\]$/g, ''))) return 'ip-address';
  if (/[/\\?#@]/.test(raw)) return 'url';
  if (!/^\p{ASCII}*$/u.test(raw)) return 'not-ascii';
  if (/^[A-Za-z0-9.-]+:\d*$/.test(raw)) return 'port';
  return 'bad-character';
}

/** What is wrong with a name of letters, digits, hyphens and dots in lower case. */
function problemOfName(name: string): DomainProblem | undefined {
  const labels = name.split('.');
  if (labels.includes('')) return 'empty-label';
  const last = labels.at(-1) ?? '';
  if (isNumberLabel(last)) return 'ip-address';
  if (name.length < charactersMin) return 'too-short';
  if (labels.some((label) => label.length > labelCharactersMax)) return 'label-too-long';
  if (name.length > domainCharactersMax) return 'too-long';
  if (labels.some((label) => label.startsWith('-') || label.endsWith('-'))) return 'hyphen-at-edge';
  if (labels.some((label) => label.startsWith('--', 2) && !label.startsWith('xn'))) {
    return 'reserved-hyphens';
  }
  if (labels.length < 2) return 'single-label';
  return isIdnaSound(name, labels) ? undefined : 'bad-punycode';
}

/**
 * Whether an address parser would read a name that ends so as an IPv4 address: decimal, octal and
 * hexadecimal numbers all count (WHATWG URL, "ends in a number").
 */
export function isNumberLabel(label: string): boolean {
  return /^(?:[0-9]+|0x[0-9a-f]*)$/.test(label);
}

/**
 * Every xn-- label must decode to valid IDNA and encode back to itself; otherwise two spellings
 * would show as one name. The whole name is judged at once, because the rules for right-to-left
 * scripts look at all labels (RFC 5893 2).
 */
function isIdnaSound(name: string, labels: readonly string[]): boolean {
  if (!labels.some((label) => label.startsWith('xn--'))) return true;
  const unicode = tr46.toUnicode(name, strictIdna);
  if (unicode.error) return false;
  return tr46.toASCII(unicode.domain, { ...strictIdna, verifyDNSLength: true }) === name;
}

/** For a valid internationalised name, the spelling that would be accepted. */
function aLabelHint(raw: string): string {
  const ascii = tr46.toASCII(raw, { ...strictIdna, verifyDNSLength: true });
  return ascii?.includes('xn--') ? ` Here: ${ascii}` : '';
}
