/** Conditions of statements: the documented operators and keys, and no others (2.3 and 2.4). */
import { parseAddress, parseAddressPattern } from './addresses.ts';
import type { JsonValue } from './json.ts';
import { isJsonObject } from './json.ts';
import { PolicyProblem } from './problem.ts';
import { wildcards } from './wildcards.ts';

/**
 * The value of a key in a request; `undefined` where it has none. `tag` is the part behind the
 * slash of the keys that have one.
 */
export type ConditionKeys = (key: ConditionKey, tag: string) => string | undefined;

const plainKeys = [
  'acs:SourceIp',
  'acs:SourceVpc',
  'acs:SourceVpcId',
  'acs:SourceVpcIp',
  'acs:UserAgent',
  'acs:CurrentTime',
  'acs:SecureTransport',
  'acs:AccessId',
  'acs:MFAPresent',
  'oss:Prefix',
  'oss:Delimiter',
  'oss:x-oss-acl',
  'oss:x-oss-object-acl',
] as const;
const tagKeys = ['oss:BucketTag', 'oss:ExistingObjectTag', 'oss:RequestObjectTag'] as const;

export type ConditionKey = (typeof plainKeys)[number] | (typeof tagKeys)[number];

export interface Condition {
  readonly operator: string;
  readonly key: ConditionKey;
  readonly tag: string;
  /** As they stand in the document. */
  readonly values: readonly string[];
  isMet(keys: ConditionKeys): boolean;
}

/** Whether a request's value meets one value of the policy; `undefined`: that value is none. */
type Test = (wanted: string) => ((value: string) => boolean) | undefined;

interface Operator {
  readonly test: Test;
  /** True when no value of the policy is met, and when the request has no such key. */
  readonly isNegated: boolean;
}

const numberForm = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;

function parseNumber(text: string): number | undefined {
  return numberForm.test(text) ? Number(text) : undefined;
}

const dateForm = /^\d{4}-\d\d-\d\d(?:T\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?(?:Z|[+-]\d\d:?\d\d)?)?$/;

/** ISO 8601; without an offset it is UTC. */
export function parseDate(text: string): number | undefined {
  if (!dateForm.test(text)) return undefined;
  const hasOffset = !text.includes('T') || /(?:Z|[+-]\d\d:?\d\d)$/.test(text.slice(11));
  const instant = Date.parse(hasOffset ? text.replace(/([+-]\d\d)(\d\d)$/, '$1:$2') : `${text}Z`);
  return Number.isNaN(instant) ? undefined : instant;
}

const equals: Test = (wanted) => (value) => value === wanted;
const equalsIgnoreCase: Test = (wanted) => {
  const lower = wanted.toLowerCase();
  return (value) => value.toLowerCase() === lower;
};
const like: Test = (wanted) => {
  const pattern = wildcards(wanted, true);
  return (value) => pattern.matches(value);
};

function compared(
  parse: (text: string) => number | undefined,
  holds: (value: number, wanted: number) => boolean,
): Test {
  return (text) => {
    const wanted = parse(text);
    if (wanted === undefined) return undefined;
    return (value) => {
      const parsed = parse(value);
      return parsed !== undefined && holds(parsed, wanted);
    };
  };
}

const isEqual = (value: number, wanted: number) => value === wanted;
const comparisons = {
  LessThan: (value: number, wanted: number) => value < wanted,
  LessThanEquals: (value: number, wanted: number) => value <= wanted,
  GreaterThan: (value: number, wanted: number) => value > wanted,
  GreaterThanEquals: (value: number, wanted: number) => value >= wanted,
};

function parseBoolean(text: string): number | undefined {
  const lower = text.toLowerCase();
  if (lower === 'true') return 1;
  return lower === 'false' ? 0 : undefined;
}

const inRange: Test = (text) => {
  const pattern = parseAddressPattern(text);
  if (pattern === undefined) return undefined;
  return (value) => {
    const address = parseAddress(value);
    return address !== undefined && pattern.matches(address);
  };
};

const positive = (test: Test): Operator => ({ test, isNegated: false });
const negated = (test: Test): Operator => ({ test, isNegated: true });

/** Values of a request that are none of the operator's kind are as if they were not there. */
const readable: Readonly<Record<string, (text: string) => unknown>> = {
  Numeric: parseNumber,
  Date: parseDate,
  NotIp: parseAddress,
};

const operators: Readonly<Record<string, Operator>> = {
  StringEquals: positive(equals),
  StringNotEquals: negated(equals),
  StringEqualsIgnoreCase: positive(equalsIgnoreCase),
  StringNotEqualsIgnoreCase: negated(equalsIgnoreCase),
  StringLike: positive(like),
  StringNotLike: negated(like),
  ...comparisonsOf('Numeric', parseNumber),
  ...comparisonsOf('Date', parseDate),
  Bool: positive(compared(parseBoolean, isEqual)),
  IpAddress: positive(inRange),
  NotIpAddress: negated(inRange),
  // What the border adds is said nowhere (access-control.md 10).
  IpAddressIncludeBorder: positive(inRange),
  NotIpAddressIncludeBorder: negated(inRange),
};

function comparisonsOf(
  kind: 'Numeric' | 'Date',
  parse: (text: string) => number | undefined,
): Record<string, Operator> {
  const named = Object.entries(comparisons).map(([name, holds]) => [
    `${kind}${name}`,
    positive(compared(parse, holds)),
  ]);
  return {
    ...Object.fromEntries(named),
    [`${kind}Equals`]: positive(compared(parse, isEqual)),
    [`${kind}NotEquals`]: negated(compared(parse, isEqual)),
  };
}

/** @throws PolicyProblem for operators, keys and values that are not documented. */
export function parseConditions(json: JsonValue | undefined, where: string): Condition[] {
  if (json === undefined) return [];
  if (!isJsonObject(json)) throw new PolicyProblem(`Invalid Condition in ${where}.`);
  const conditions: Condition[] = [];
  for (const [operator, members] of json) {
    if (!Object.hasOwn(operators, operator) || !isJsonObject(members)) {
      throw new PolicyProblem(`Invalid condition operator: ${operator}.`);
    }
    for (const [key, value] of members) {
      conditions.push(parseCondition(operator, key, textsOf(value, where), where));
    }
  }
  return conditions;
}

function textsOf(value: JsonValue, where: string): string[] {
  const values = Array.isArray(value) ? (value as readonly JsonValue[]) : [value];
  return values.map((one) => {
    if (typeof one === 'string') return one;
    if (typeof one === 'boolean' || typeof one === 'number') return String(one);
    throw new PolicyProblem(`Invalid Condition in ${where}.`);
  });
}

function parseCondition(
  name: string,
  keyText: string,
  values: readonly string[],
  where: string,
): Condition {
  const operator = operators[name];
  const { key, tag } = parseKey(keyText);
  if (operator === undefined || values.length === 0) {
    throw new PolicyProblem(`Invalid Condition in ${where}.`);
  }
  const tests = values.map((value) => {
    const test = operator.test(value);
    if (test !== undefined) return test;
    throw new PolicyProblem(`Invalid Condition in ${where}.`);
  });
  const [, read] = Object.entries(readable).find(([kind]) => name.startsWith(kind)) ?? [];
  return {
    operator: name,
    key,
    tag,
    values,
    isMet(keys) {
      const value = keys(key, tag);
      if (value === undefined || (read !== undefined && read(value) === undefined)) {
        return operator.isNegated;
      }
      return tests.some((test) => test(value)) !== operator.isNegated;
    },
  };
}

/** Names compare without case up to the slash; behind it a tag's name stands as it is. */
function parseKey(text: string): { key: ConditionKey; tag: string } {
  const slash = text.indexOf('/');
  const name = (slash < 0 ? text : text.slice(0, slash)).toLowerCase();
  const known: readonly ConditionKey[] = slash < 0 ? plainKeys : tagKeys;
  const key = known.find((candidate) => candidate.toLowerCase() === name);
  const tag = slash < 0 ? '' : text.slice(slash + 1);
  if (key !== undefined && (slash < 0 || tag !== '')) return { key, tag };
  throw new PolicyProblem(`Invalid condition key: ${text}.`);
}
