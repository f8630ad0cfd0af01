/**
 * The life of a domain: token, proof, mapping, release. Each step is a named function with at most
 * one atomic store call. Knows no HTTP, no XML, no PEM.
 */
export { createCnames } from './cnames.ts';
export { createOwnershipProofs, txtNameOf } from './ownership.ts';
export { createQuestionLimit, type QuestionLimit } from './question-limit.ts';
export { createScreens } from './screens.ts';
export type * from './types.ts';
