/**
 * DNS: asks one TXT question, with a deadline, and answers found / none / failed plus which
 * resolver spoke (security.md 2.5). Caches nothing, knows no token and no API error.
 */
export { type AddressLookup, createAddressLookup } from './address-lookup.ts';
export { type DnsServer, type ParsedServers, parseServers } from './servers.ts';
export { createTxtResolver, type TxtResolverOptions } from './txt-resolver.ts';
export type { TxtAnswer, TxtFailure, TxtResolver } from './types.ts';
