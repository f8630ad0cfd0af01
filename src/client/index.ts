/**
 * The published client, `cnamed/client`: the five CNAME operations, typed, with no dependency but
 * Node itself. Knows nothing of the server; works against any service that speaks the API.
 */
export { CnameClient } from './client.ts';
export { CnameError, type CnameErrorFacts, type LocalCode } from './error.ts';
export type { Answer, Exchange, Transport } from './transport.ts';
export type * from './types.ts';
