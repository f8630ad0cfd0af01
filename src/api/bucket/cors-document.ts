/** The CORSConfiguration document, read and written (oss-bucket-api.md, oss-semantics.md 3). */
import type { CorsDocument, CorsRule } from '../../buckets/index.ts';
import { element, type XmlElement, type XmlNode } from '../../xml/index.ts';
import { childBoolean, childText, invalidArgument, malformedXml } from '../document.ts';

/** oss-semantics.md 3: the ten of 2021 were given up. */
const rulesMax = 100;
const maxAgeMax = 2 ** 31 - 1;
const methods: readonly string[] = ['GET', 'PUT', 'DELETE', 'POST', 'HEAD'];
/** RFC 9110 5.6.2: what is sent as the name of a header must be one. */
const token = /^[!#$%&'+.^_`|~0-9A-Za-z-]+$/;

/** @throws OssError MalformedXML for the form, InvalidArgument for what a value may not be. */
export function parseCors(root: XmlElement): CorsDocument {
  const rules = root.childrenNamed('CORSRule');
  if (rules.length === 0) throw malformedXml('CORSConfiguration needs CORSRule');
  if (rules.length > rulesMax) {
    const count = String(rules.length);
    throw invalidArgument('CORSRule', count, `There are more than ${rulesMax} rules.`);
  }
  return {
    rules: rules.map(parseRule),
    responseVary: childBoolean(root, 'ResponseVary') ?? false,
  };
}

function parseRule(rule: XmlElement): CorsRule {
  const allowedOrigins = texts(rule, 'AllowedOrigin');
  const allowedMethods = texts(rule, 'AllowedMethod');
  if (allowedOrigins.length === 0) throw malformedXml('CORSRule needs AllowedOrigin');
  if (allowedMethods.length === 0) throw malformedXml('CORSRule needs AllowedMethod');
  const allowedHeaders = texts(rule, 'AllowedHeader');
  const exposeHeaders = texts(rule, 'ExposeHeader');
  for (const origin of allowedOrigins) checkWildcard('AllowedOrigin', origin);
  for (const method of allowedMethods) {
    if (methods.includes(method)) continue;
    const why = `AllowedMethod must be one of ${methods.join(', ')}.`;
    throw invalidArgument('AllowedMethod', method, why);
  }
  for (const header of allowedHeaders) checkWildcard('AllowedHeader', header);
  for (const header of exposeHeaders) {
    if (token.test(header)) continue;
    const why = 'ExposeHeader must be the name of a header, without a wildcard.';
    throw invalidArgument('ExposeHeader', header, why);
  }
  const maxAgeSeconds = parseMaxAge(childText(rule, 'MaxAgeSeconds'));
  return { allowedOrigins, allowedMethods, allowedHeaders, exposeHeaders, maxAgeSeconds };
}

/** Empty elements say nothing. */
function texts(rule: XmlElement, name: string): string[] {
  return rule
    .childrenNamed(name)
    .map(({ text }) => text.trim())
    .filter((text) => text !== '');
}

function checkWildcard(name: string, value: string): void {
  if (value.indexOf('*') === value.lastIndexOf('*')) return;
  throw invalidArgument(name, value, `${name} may hold at most one *.`);
}

function parseMaxAge(text: string | undefined): number | undefined {
  if (text === undefined || text === '') return undefined;
  const seconds = /^\d{1,10}$/.test(text) ? Number(text) : Number.NaN;
  if (seconds <= maxAgeMax) return seconds;
  throw malformedXml('MaxAgeSeconds must be a number of seconds');
}

/** The same form as it was put in. */
export function renderCors({ rules, responseVary }: CorsDocument): XmlNode {
  return element(
    'CORSConfiguration',
    ...rules.map(renderRule),
    element('ResponseVary', String(responseVary)),
  );
}

function renderRule(rule: CorsRule): XmlNode {
  const each = (name: string, values: readonly string[]): XmlNode[] =>
    values.map((value) => element(name, value));
  return element(
    'CORSRule',
    ...each('AllowedOrigin', rule.allowedOrigins),
    ...each('AllowedMethod', rule.allowedMethods),
    ...each('AllowedHeader', rule.allowedHeaders),
    ...each('ExposeHeader', rule.exposeHeaders),
    rule.maxAgeSeconds === undefined
      ? undefined
      : element('MaxAgeSeconds', String(rule.maxAgeSeconds)),
  );
}
