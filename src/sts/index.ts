/**
 * The security token service (access-control.md 6): AssumeRole and GetCallerIdentity in both forms
 * that clients sign, answered on every endpoint beside the object service. Keeps nothing: the
 * tokens it makes carry everything.
 */
export { isStsRequest } from './request.ts';
export { createSts, type Sts, type StsParts } from './service.ts';
