/**
 * Connections to where callers say (security.md 7.8): resolved once, refused where they would lead
 * into this machine or its network, and made to the very address that was looked at. Knows nothing
 * of what is said over them.
 */
export { type AllowList, createAllowList } from './addresses.ts';
export {
  createDialer,
  type Dialer,
  type OutboundAnswer,
  type OutboundRequest,
} from './dialer.ts';
export type { FetchAnswer, Fetched, FetchRequest } from './fetching.ts';
