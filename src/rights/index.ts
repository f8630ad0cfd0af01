/**
 * Rights as pure rules: policy documents, what they say about a request, and in which order
 * policies, ownership, Block Public Access and ACLs decide (access-control.md 1-4). Knows no store
 * and no request; whoever asks brings the facts.
 */

export type { ConditionKey, ConditionKeys } from './conditions.ts';
export { type AccessClass, type Acl, decide, type Question, type Verdict } from './decide.ts';
export type { Policy, Statement } from './document.ts';
export { builtInPolicies, type Effect, evaluate, isBuiltIn, isTrusted } from './evaluate.ts';
export {
  type BucketFacts,
  parseBucketPolicy,
  parseRamPolicy,
  parseSessionPolicy,
  parseTrustPolicy,
  policyBytesMax,
  sessionPolicyCharactersMax,
} from './parse.ts';
export type { Who } from './principals.ts';
export { PolicyProblem } from './problem.ts';
export { isPublicPolicy } from './public-status.ts';
export { requestKeys } from './request-keys.ts';
export type { Resource } from './resources.ts';
export { createPolicyShelf, type PolicyShelf } from './shelf.ts';
