/** From the text of a document to a policy, or a refusal (access-control.md 2.1 and 2.5). */
import { parseConditions } from './conditions.ts';
import type { Policy, Statement } from './document.ts';
import { isJsonObject, type JsonObject, type JsonValue, parseJson } from './json.ts';
import { type PrincipalPattern, parsePrincipal, parseTrusted } from './principals.ts';
import { PolicyProblem } from './problem.ts';
import { canMeanBucket, parseResource, type ResourcePattern } from './resources.ts';
import { wildcards } from './wildcards.ts';

/** access-control.md 2.1; of policies of identities our choice there. */
export const policyBytesMax = { bucket: 16 * 1024, ram: 6 * 1024, trust: 6 * 1024 } as const;
export const sessionPolicyCharactersMax = 2048;
/** Of one text in a document. */
const textBytesMax = 4095;

type Kind = 'ram' | 'session' | 'bucket' | 'trust';

/** The bucket a policy is put on. */
export interface BucketFacts {
  readonly name: string;
  readonly accountId: string;
}

/** With `bucket`, the resources must be able to mean it. @throws PolicyProblem */
export function parseBucketPolicy(text: string, bucket: BucketFacts | undefined): Policy {
  checkBytes(text, policyBytesMax.bucket);
  const policy = parsePolicy(text, 'bucket');
  if (bucket !== undefined) checkResources(policy, bucket);
  return policy;
}

/** Of users, groups and roles. @throws PolicyProblem */
export function parseRamPolicy(text: string): Policy {
  checkBytes(text, policyBytesMax.ram);
  return parsePolicy(text, 'ram');
}

/** @throws PolicyProblem */
export function parseSessionPolicy(text: string): Policy {
  if (text.length > sessionPolicyCharactersMax) {
    throw new PolicyProblem(
      `The policy document exceeds ${sessionPolicyCharactersMax} characters.`,
      'size',
    );
  }
  return parsePolicy(text, 'session');
}

/** Who may take a role. @throws PolicyProblem */
export function parseTrustPolicy(text: string): Policy {
  checkBytes(text, policyBytesMax.trust);
  return parsePolicy(text, 'trust');
}

function checkBytes(text: string, bytesMax: number): void {
  if (Buffer.byteLength(text) <= bytesMax) return;
  throw new PolicyProblem(`The policy document exceeds ${bytesMax} bytes.`, 'size');
}

function parsePolicy(text: string, kind: Kind): Policy {
  const json = parseJson(text);
  if (!isJsonObject(json) || json.get('Version') !== '1') {
    throw new PolicyProblem('Invalid Version.');
  }
  const given = json.get('Statement');
  const statements = isJsonObject(given) ? [given] : listOf(given);
  if (statements === undefined || statements.length === 0) {
    throw new PolicyProblem('Statement must not be empty.');
  }
  return {
    statements: statements.map((statement, index) => parseStatement(statement, kind, index + 1)),
  };
}

function parseStatement(json: JsonValue, kind: Kind, number: number): Statement {
  const where = `statement ${number}`;
  const refuse = (element: string) => new PolicyProblem(`Invalid ${element} in ${where}.`);
  if (!isJsonObject(json)) throw refuse('Statement');
  const effect = json.get('Effect');
  if (effect !== 'Allow' && effect !== 'Deny') throw refuse('Effect');
  const isAllBut = json.has('NotAction');
  if (isAllBut === json.has('Action')) throw refuse('Action');
  const element = isAllBut ? 'NotAction' : 'Action';
  const actions = textsOf(json.get(element), () => refuse(element));
  if (!actions.every((action) => isAction(action, kind))) throw refuse(element);
  // Neither is documented: ignoring one would turn a statement into its contrary.
  for (const unknown of ['NotResource', 'NotPrincipal']) {
    if (json.has(unknown)) throw refuse(unknown);
  }
  return {
    isDeny: effect === 'Deny',
    isAllBut,
    actions: actions.map((action) => wildcards(action.toLowerCase())),
    resources: parseResources(json, kind, refuse),
    principals: parsePrincipals(json, kind, refuse),
    conditions: parseConditions(json.get('Condition'), where),
  };
}

/** `*`, or a service and a name with wildcards. */
const actionForm = /^(?:\*|[A-Za-z0-9*-]+:[A-Za-z0-9*]+)$/;

function isAction(text: string, kind: Kind): boolean {
  if (kind === 'trust') return text.toLowerCase() === 'sts:assumerole';
  return actionForm.test(text);
}

type Refuse = (element: string) => PolicyProblem;

function parseResources(
  json: JsonObject,
  kind: Kind,
  refuse: Refuse,
): ResourcePattern[] | undefined {
  const given = json.get('Resource');
  if (kind === 'trust') {
    if (given !== undefined) throw refuse('Resource');
    return undefined;
  }
  return textsOf(given, () => refuse('Resource')).map((text) => {
    const resource = parseResource(text);
    if (resource !== undefined) return resource;
    throw kind === 'bucket' ? new PolicyProblem(`Invalid resource: ${text}.`) : refuse('Resource');
  });
}

function parsePrincipals(
  json: JsonObject,
  kind: Kind,
  refuse: Refuse,
): PrincipalPattern[] | undefined {
  const given = json.get('Principal');
  if (kind === 'trust') return parseTrustedOnes(given, refuse);
  if (kind !== 'bucket') {
    if (given !== undefined) throw refuse('Principal');
    return undefined;
  }
  const isMissing = given === undefined || listOf(given)?.length === 0;
  const texts = isMissing ? ['*'] : textsOf(given, () => refuse('Principal'));
  return texts.map((text) => {
    const principal = parsePrincipal(text);
    if (principal !== undefined) return principal;
    throw new PolicyProblem(`Invalid principal: ${text}.`);
  });
}

/** Services and federations may be named; nobody here can come as one of them. */
function parseTrustedOnes(given: JsonValue | undefined, refuse: Refuse): PrincipalPattern[] {
  if (!isJsonObject(given) || given.size === 0) throw refuse('Principal');
  const trusted: PrincipalPattern[] = [];
  for (const [kind, value] of given) {
    const texts = textsOf(value, () => refuse('Principal'));
    if (kind === 'Service' || kind === 'Federated') continue;
    if (kind !== 'RAM') throw refuse('Principal');
    for (const text of texts) {
      const principal = parseTrusted(text);
      if (principal === undefined) throw new PolicyProblem(`Invalid principal: ${text}.`);
      trusted.push(principal);
    }
  }
  return trusted;
}

function checkResources({ statements }: Policy, { name, accountId }: BucketFacts): void {
  for (const { resources = [] } of statements) {
    for (const resource of resources) {
      const isOwn = ['*', '', accountId].includes(resource.accountId);
      if (isOwn && canMeanBucket(resource, name)) continue;
      throw new PolicyProblem(`Invalid resource: ${resource.text}.`);
    }
  }
}

function listOf(json: JsonValue | undefined): readonly JsonValue[] | undefined {
  return Array.isArray(json) ? (json as readonly JsonValue[]) : undefined;
}

/** One text or several; every list may be a single text. */
function textsOf(json: JsonValue | undefined, refuse: () => PolicyProblem): string[] {
  const texts = typeof json === 'string' ? [json] : listOf(json);
  if (texts === undefined || texts.length === 0) throw refuse();
  return texts.map((text) => {
    if (typeof text !== 'string' || text === '') throw refuse();
    if (Buffer.byteLength(text) > textBytesMax) throw refuse();
    return text;
  });
}
