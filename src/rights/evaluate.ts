/** What policies say about an action on a resource; a Deny beats every Allow. */
import type { ConditionKeys } from './conditions.ts';
import type { Policy, Statement } from './document.ts';
import { parseRamPolicy } from './parse.ts';
import type { Who } from './principals.ts';
import type { Resource } from './resources.ts';

export type Effect = 'allow' | 'deny' | 'none';

export interface Asked {
  /** `oss:GetObject` */
  readonly action: string;
  readonly resource: Resource;
  readonly keys: ConditionKeys;
}

/** Of policies that hang on the caller. */
export function evaluate(policies: readonly Policy[], asked: Asked): Effect {
  return effectOf(
    policies.flatMap(({ statements }) => statements),
    (statement) => isAbout(statement, asked),
  );
}

/**
 * Of the policy of a bucket. `Principal: "*"` without a condition is everybody but the owner
 * (access-control.md 2.2). `isIgnored`: statements that do not count.
 */
export function evaluateBucketPolicy(
  { statements }: Policy,
  asked: Asked,
  who: Who,
  isOwner: boolean,
  isIgnored: (statement: Statement) => boolean,
): Effect {
  return effectOf(statements, (statement) => {
    const isNamed = statement.principals?.some(
      ({ isEverybody, matches }) =>
        matches(who) && !(isOwner && isEverybody && statement.conditions.length === 0),
    );
    return isNamed === true && isAbout(statement, asked) && !isIgnored(statement);
  });
}

/** Whether a trust policy lets the caller take its role. */
export function isTrusted({ statements }: Policy, who: Who, keys: ConditionKeys): boolean {
  const effect = effectOf(
    statements,
    ({ principals, conditions }) =>
      principals?.some(({ matches }) => matches(who)) === true &&
      conditions.every(({ isMet }) => isMet(keys)),
  );
  return effect === 'allow';
}

function effectOf(
  statements: readonly Statement[],
  holds: (statement: Statement) => boolean,
): Effect {
  let effect: Effect = 'none';
  for (const statement of statements) {
    if (effect === 'allow' && !statement.isDeny) continue;
    if (!holds(statement)) continue;
    if (statement.isDeny) return 'deny';
    effect = 'allow';
  }
  return effect;
}

function isAbout(statement: Statement, { action, resource, keys }: Asked): boolean {
  const lower = action.toLowerCase();
  const isNamed = statement.actions.some((pattern) => pattern.matches(lower));
  return (
    isNamed !== statement.isAllBut &&
    statement.resources?.some((pattern) => pattern.matches(resource)) === true &&
    statement.conditions.every(({ isMet }) => isMet(keys))
  );
}

const ofActions = (...actions: string[]): string =>
  JSON.stringify({
    Version: '1',
    Statement: [{ Effect: 'Allow', Action: actions, Resource: '*' }],
  });

/** Policies every account can attach, under the names that clients know. */
const builtIn: Readonly<Record<string, string>> = {
  AliyunOSSFullAccess: ofActions('oss:*'),
  AliyunOSSReadOnlyAccess: ofActions('oss:Get*', 'oss:List*'),
  AliyunSTSAssumeRoleAccess: ofActions('sts:AssumeRole'),
};

export const builtInPolicies: readonly { readonly name: string; readonly document: string }[] =
  Object.entries(builtIn).map(([name, document]) => ({ name, document }));

export function isBuiltIn(name: string): boolean {
  return Object.hasOwn(builtIn, name);
}

const builtInParsed = new Map(
  builtInPolicies.map(({ name, document }) => [name, parseRamPolicy(document)]),
);

/** `undefined` when a release to come has one of that name. */
export function builtInPolicy(name: string): Policy | undefined {
  return builtInParsed.get(name);
}
