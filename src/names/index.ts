/**
 * Domain names: the one canonicaliser. The `Domain` element, the Host header, SNI and the `cname`
 * query value all pass through here and nothing else in the code looks at a raw name
 * (security.md 1). Pure: knows no mapping, no configuration.
 */
export { type DomainProblem, type ParsedDomain, parseDomain } from './domain.ts';
export { type HostProblem, type ParsedHost, parseHost } from './host.ts';
export { isPublicSuffix, registrableDomain } from './suffix.ts';
