import type { Caller } from './types.ts';

/**
 * A request without any signature. What it may do is for ACLs to say; a form upload (PostObject)
 * begins like this too and brings its signature in the body (oss-signature.md 6).
 */
export const anonymous: Caller = Object.freeze({ kind: 'anonymous' });
