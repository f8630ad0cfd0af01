/**
 * Callbacks of uploads (oss-semantics.md 7.5): what a client may ask for, the request that is made
 * of it, its signature, and what counts as an answer. Knows no bucket and no store of objects.
 */
export { type CallbackAnswer, type Callbacks, createCallbacks } from './callbacks.ts';
export { type CallbackRequest, parseCallback, parseVariables } from './parameter.ts';
export { faultOfCallbackKey, resealCallbackKey } from './signing-key.ts';
export { usesImageInfo } from './template.ts';
