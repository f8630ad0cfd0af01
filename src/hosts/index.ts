/**
 * Whose is this Host: service endpoint, bucket, mapped domain, unknown. One look-up, no side
 * effect. Endpoint hosts win over mappings; an unknown host is never read as path style
 * (DESIGN ruling 9).
 */
export { createHostResolver, type Endpoints, type HostResolver } from './resolve.ts';
export { parseTarget } from './target.ts';
export type { Level, ResolvedHost, Target } from './types.ts';
