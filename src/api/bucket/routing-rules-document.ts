/** RoutingRules in the WebsiteConfiguration document (oss-bucket-api.md Website). */
import type {
  IncludedHeader,
  KeptElement,
  RoutingCondition,
  RoutingRedirect,
  RoutingRule,
} from '../../buckets/index.ts';
import { parseHost } from '../../names/index.ts';
import { element, type XmlElement, type XmlNode } from '../../xml/index.ts';
import {
  childBoolean,
  childText,
  invalidArgument,
  malformedXml,
  onlyChild,
  readChoice,
} from '../document.ts';
import { checkMirror, keepOthers, withMirrorDefaults } from './routing-mirror.ts';

const rulesMax = 20;
const headersMax = 10;

/** @throws OssError MalformedXML for the form, InvalidArgument for what a value may not be. */
export function parseRoutingRules(rules: XmlElement): RoutingRule[] {
  const parsed = rules.childrenNamed('RoutingRule').map(parseRule);
  if (parsed.length > rulesMax) {
    const count = String(parsed.length);
    throw invalidArgument('RoutingRule', count, `There are more than ${rulesMax} rules.`);
  }
  const numbers = new Set<number>();
  for (const { number } of parsed) {
    if (numbers.has(number)) {
      throw invalidArgument('RuleNumber', String(number), 'The RuleNumber is given to two rules.');
    }
    numbers.add(number);
  }
  return parsed;
}

function parseRule(rule: XmlElement): RoutingRule {
  const number = childText(rule, 'RuleNumber');
  const condition = onlyChild(rule, 'Condition');
  const redirect = onlyChild(rule, 'Redirect');
  if (!number) throw malformedXml('RoutingRule needs RuleNumber');
  if (condition === undefined) throw malformedXml('RoutingRule needs Condition');
  if (redirect === undefined && rule.child('LuaConfig') === undefined) {
    throw malformedXml('RoutingRule needs Redirect');
  }
  if (!/^[1-9]\d{0,8}$/.test(number)) {
    throw invalidArgument('RuleNumber', number, 'The RuleNumber must be a positive number.');
  }
  const parsed = parseCondition(condition);
  return {
    number: Number(number),
    condition: parsed,
    redirect: redirect && parseRedirect(redirect, parsed),
    others: keepOthers(rule, ['RuleNumber', 'Condition', 'Redirect']),
  };
}

function parseCondition(condition: XmlElement): RoutingCondition {
  const headers = condition.childrenNamed('IncludeHeader').map(parseHeader);
  if (headers.length > headersMax) {
    const count = String(headers.length);
    throw invalidArgument('IncludeHeader', count, `There are more than ${headersMax} headers.`);
  }
  const status = childText(condition, 'HttpErrorCodeReturnedEquals') || undefined;
  if (status !== undefined && !/^[1-9]\d\d$/.test(status)) {
    const why = 'HttpErrorCodeReturnedEquals must be a status of HTTP.';
    throw invalidArgument('HttpErrorCodeReturnedEquals', status, why);
  }
  return {
    keyPrefix: exactText(condition, 'KeyPrefixEquals'),
    keySuffix: exactText(condition, 'KeySuffixEquals'),
    status: status === undefined ? undefined : Number(status),
    headers,
  };
}

function parseHeader(header: XmlElement): IncludedHeader {
  const key = childText(header, 'Key');
  if (!key) throw malformedXml('IncludeHeader needs Key');
  return {
    key,
    equals: exactText(header, 'Equals'),
    startsWith: exactText(header, 'StartsWith'),
    endsWith: exactText(header, 'EndsWith'),
  };
}

const understood = [
  'RedirectType',
  'Protocol',
  'HostName',
  'HttpRedirectCode',
  'ReplaceKeyWith',
  'ReplaceKeyPrefixWith',
  'EnableReplacePrefix',
  'PassQueryString',
];

const types = {
  External: 'External',
  AliCDN: 'AliCDN',
  Internal: 'Internal',
  Mirror: 'Mirror',
} as const;
const protocols = { http: 'http', https: 'https' } as const;
const codes = { '301': 301, '302': 302, '303': 303, '307': 307, '308': 308 } as const;

function parseRedirect(element: XmlElement, condition: RoutingCondition): RoutingRedirect {
  const redirect: RoutingRedirect = {
    type: readChoice(element, 'RedirectType', types) ?? 'External',
    protocol: readChoice(element, 'Protocol', protocols),
    hostName: childText(element, 'HostName') || undefined,
    code: readChoice(element, 'HttpRedirectCode', codes),
    replaceKeyWith: exactText(element, 'ReplaceKeyWith') || undefined,
    replaceKeyPrefixWith: exactText(element, 'ReplaceKeyPrefixWith'),
    enableReplacePrefix: childBoolean(element, 'EnableReplacePrefix'),
    passQueryString: childBoolean(element, 'PassQueryString'),
    others: keepOthers(element, understood),
  };
  if (redirect.hostName !== undefined && parseHost(redirect.hostName).kind === 'bad') {
    throw invalidArgument('HostName', redirect.hostName, 'The HostName is no name of a host.');
  }
  checkReplacement(redirect);
  if (redirect.type !== 'Mirror') return redirect;
  checkMirror(element, condition);
  return withMirrorDefaults(redirect);
}

function checkReplacement(redirect: RoutingRedirect): void {
  const { type, replaceKeyWith, replaceKeyPrefixWith, enableReplacePrefix } = redirect;
  if (replaceKeyWith !== undefined && (replaceKeyPrefixWith !== undefined || enableReplacePrefix)) {
    const why = 'ReplaceKeyWith excludes ReplaceKeyPrefixWith and EnableReplacePrefix.';
    throw invalidArgument('ReplaceKeyWith', replaceKeyWith, why);
  }
  const hasNewKey = replaceKeyWith ?? replaceKeyPrefixWith ?? (enableReplacePrefix || undefined);
  const hasNewPlace = type === 'Internal' ? undefined : (redirect.hostName ?? redirect.protocol);
  if (type === 'Mirror' || hasNewKey !== undefined || hasNewPlace !== undefined) return;
  throw invalidArgument('Redirect', type, 'The Redirect leads to where the request came from.');
}

/** The text as it is, blanks included: it is part of a key or of a header. */
function exactText(parent: XmlElement, name: string): string | undefined {
  return onlyChild(parent, name)?.text.toWellFormed();
}

/** The same form as it was put in. */
export function renderRoutingRules(rules: readonly RoutingRule[]): XmlNode {
  return element('RoutingRules', ...rules.map(renderRule));
}

function renderRule({ number, condition, redirect, others }: RoutingRule): XmlNode {
  return element(
    'RoutingRule',
    element('RuleNumber', String(number)),
    element(
      'Condition',
      optional('KeyPrefixEquals', condition.keyPrefix),
      optional('KeySuffixEquals', condition.keySuffix),
      optional('HttpErrorCodeReturnedEquals', condition.status),
      ...condition.headers.map((header) =>
        element(
          'IncludeHeader',
          element('Key', header.key),
          optional('Equals', header.equals),
          optional('StartsWith', header.startsWith),
          optional('EndsWith', header.endsWith),
        ),
      ),
    ),
    redirect && renderRedirect(redirect),
    ...others.map(renderKept),
  );
}

function renderRedirect(redirect: RoutingRedirect): XmlNode {
  return element(
    'Redirect',
    element('RedirectType', redirect.type),
    optional('Protocol', redirect.protocol),
    optional('HostName', redirect.hostName),
    optional('PassQueryString', redirect.passQueryString),
    optional('ReplaceKeyWith', redirect.replaceKeyWith),
    optional('ReplaceKeyPrefixWith', redirect.replaceKeyPrefixWith),
    optional('EnableReplacePrefix', redirect.enableReplacePrefix),
    optional('HttpRedirectCode', redirect.code),
    ...redirect.others.map(renderKept),
  );
}

function renderKept({ name, text, children }: KeptElement): XmlNode {
  return children === undefined ? element(name, text) : element(name, ...children.map(renderKept));
}

function optional(name: string, value: string | number | boolean | undefined) {
  return value === undefined ? undefined : element(name, String(value));
}
