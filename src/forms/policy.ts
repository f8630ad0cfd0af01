/**
 * Policies of forms: what their signer lets a form say (oss-object-api.md PostObject,
 * oss-semantics.md 7.6). Pure; fields are compared as they came, before `${filename}` is replaced.
 */
import { OssError } from '../errors/index.ts';

interface Condition {
  /** As the policy says it, to be shown when it fails. */
  readonly shown: string;
  /** Lower case, without `$`. */
  readonly field: string;
  isMet(value: string): boolean;
}

export interface PostPolicy {
  /** Milliseconds since 1970. */
  readonly expiresAt: number;
  readonly conditions: readonly Condition[];
  /** The file's size must be within each. */
  readonly sizes: readonly { readonly min: number; readonly max: number }[];
}

export interface PolicyFacts {
  readonly now: number;
  /** The value of a field by its lower-case name; absent and empty are one thing. */
  valueOf(field: string): string;
}

/**
 * The document in the field `policy`, base64.
 * @throws OssError InvalidPolicyDocument
 */
export function parsePostPolicy(base64: string): PostPolicy {
  const document = parseJson(decode(base64));
  if (!isRecord(document)) throw invalidPolicy('the policy is not an object.');
  const { expiration, conditions } = document;
  const expiresAt = typeof expiration === 'string' ? readInstant(expiration) : undefined;
  if (expiresAt === undefined) throw invalidPolicy('the expiration is not a time in UTC.');
  if (!Array.isArray(conditions) || conditions.length === 0) {
    throw invalidPolicy('the conditions are missing or empty.');
  }
  const sizes: { min: number; max: number }[] = [];
  const read: Condition[] = [];
  for (const each of conditions as readonly unknown[]) {
    const size = readSize(each);
    if (size === undefined) read.push(...readConditions(each));
    else sizes.push(size);
  }
  return { expiresAt, conditions: read, sizes };
}

/** @throws OssError AccessDenied, with the condition that is not met. */
export function checkPostPolicy(policy: PostPolicy, facts: PolicyFacts): void {
  if (facts.now >= policy.expiresAt) throw denied('Policy expired.');
  for (const condition of policy.conditions) {
    if (condition.isMet(facts.valueOf(condition.field))) continue;
    throw denied(`Policy Condition failed: ${condition.shown}`);
  }
}

/** Whether so many bytes are too many already, whatever comes. */
export function isSizeBeyond({ sizes }: PostPolicy, bytes: number): boolean {
  return sizes.some(({ max }) => bytes > max);
}

/** @throws OssError EntityTooSmall, EntityTooLarge. */
export function checkSizeAllowed(policy: PostPolicy, bytes: number): void {
  if (isSizeBeyond(policy, bytes)) throw new OssError('EntityTooLarge', { closeConnection: true });
  if (policy.sizes.some(({ min }) => bytes < min)) throw new OssError('EntityTooSmall');
}

function decode(base64: string): string {
  const text = base64.trim();
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(text)) throw invalidPolicy('it is not base64 encoded.');
  return Buffer.from(text, 'base64').toString('utf8');
}

/** Escapes of `$` are legal here and nowhere else (oss-semantics.md 7.6). */
function parseJson(text: string): unknown {
  const plain = text.replace(/\\./gs, (pair) => (pair === '\\$' ? '$' : pair));
  try {
    return JSON.parse(plain);
  } catch (problem) {
    throw invalidPolicy(`Invalid JSON: ${faultOf(problem)}`);
  }
}

/** In the words of the service, as far as they are known. */
function faultOf(problem: unknown): string {
  const message = problem instanceof Error ? problem.message : '';
  if (/Expected ',' or ']'/.test(message)) return ', or ] expected';
  if (/Expected ',' or '}'/.test(message)) return ', or } expected';
  const unexpected = /Unexpected token '?(.)/u.exec(message)?.[1];
  return unexpected === undefined ? 'unexpected end.' : `unknown char ${unexpected}.`;
}

function readInstant(text: string): number | undefined {
  if (!/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{1,9})?Z$/.test(text)) return undefined;
  const instant = Date.parse(text);
  return Number.isNaN(instant) ? undefined : instant;
}

function readSize(condition: unknown): { min: number; max: number } | undefined {
  if (!Array.isArray(condition) || typeof condition[0] !== 'string') return undefined;
  if (condition[0].toLowerCase() !== 'content-length-range') return undefined;
  const [min, max] = [wholeNumber(condition[1]), wholeNumber(condition[2])];
  if (condition.length === 3 && min !== undefined && max !== undefined) return { min, max };
  throw invalidPolicy(`the condition ${show(condition)} is not a range of sizes.`);
}

function wholeNumber(value: unknown): number | undefined {
  const number = typeof value === 'string' && /^\d{1,15}$/.test(value) ? Number(value) : value;
  return Number.isSafeInteger(number) && (number as number) >= 0 ? (number as number) : undefined;
}

function readConditions(condition: unknown): Condition[] {
  if (Array.isArray(condition)) return [readTriple(condition)];
  const pairs = isRecord(condition) ? Object.entries(condition) : [];
  if (pairs.length === 0) throw notUnderstood(condition);
  return pairs.map(([name, value]) => {
    if (typeof value !== 'string') throw notUnderstood(condition);
    return readTriple(['eq', `$${name}`, value]);
  });
}

function readTriple(condition: readonly unknown[]): Condition {
  const [operator, name, operand] = condition;
  const isNamed = typeof name === 'string' && name.startsWith('$') && name.length > 1;
  if (typeof operator !== 'string' || !isNamed || condition.length !== 3) {
    throw notUnderstood(condition);
  }
  const isMet = testOf(operator.toLowerCase(), operand);
  if (isMet === undefined) throw notUnderstood(condition);
  return { shown: show(condition), field: name.slice(1).toLowerCase(), isMet };
}

function testOf(operator: string, operand: unknown): ((value: string) => boolean) | undefined {
  if (typeof operand === 'string') {
    if (operator === 'eq') return (value) => value === operand;
    if (operator === 'starts-with') return (value) => value.startsWith(operand);
    return undefined;
  }
  if (!isTexts(operand)) return undefined;
  if (operator === 'in') return (value) => operand.includes(value);
  if (operator === 'not-in') return (value) => !operand.includes(value);
  return undefined;
}

function isTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((each) => typeof each === 'string');
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** `["eq", "$bucket", "x"]` */
function show(value: unknown): string {
  return Array.isArray(value) ? `[${value.map(show).join(', ')}]` : JSON.stringify(value);
}

function notUnderstood(condition: unknown): OssError {
  return invalidPolicy(`the condition ${show(condition).slice(0, 500)} is not understood.`);
}

function invalidPolicy(why: string): OssError {
  return new OssError('InvalidPolicyDocument', { message: `Invalid Policy: ${why}` });
}

function denied(why: string): OssError {
  return new OssError('AccessDenied', { message: `Invalid according to Policy: ${why}` });
}
