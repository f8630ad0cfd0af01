import type { MappedDomain } from '../cname/index.ts';
import { parseHost } from '../names/index.ts';
import type { Pace } from '../world/index.ts';
import type { ResolvedHost } from './types.ts';

/** Names under which the server itself is reached, e.g. `oss.example.com`; without ports. */
export type Endpoints = readonly string[];

export interface HostResolver {
  /** Whose `host` (a Host header as received) is now. Never throws for what a client can send. */
  resolve(host: string): Promise<ResolvedHost>;
}

const endpointResult: ResolvedHost = { kind: 'endpoint' };

/**
 * Official clients told to talk to an IP address still send the vendor's host names (clients.md,
 * Addressing): those count as endpoints. Public, `-internal`, accelerated and dual-stack forms.
 */
const vendorEndpoint =
  /^(?:(.*?)\.)?(?:oss-[a-z0-9-]+|oss|[a-z]{2,}-[a-z0-9-]+\.oss)\.aliyuncs\.com$/;

/**
 * A resolver for the given endpoints. The order is the rule (DESIGN ruling 9): endpoint hosts, IP
 * literals, what stands below an endpoint, the vendor's own endpoints; only then is a mapping
 * looked up, so that no mapping can ever take an endpoint away.
 *
 * @throws Error when an endpoint is not a host name
 */
export function createHostResolver(options: {
  readonly endpoints: Endpoints;
  readonly findMappedDomain: (domain: string) => Promise<MappedDomain | undefined>;
  /** Unknown names wait their turn: whoever scans invented ones leaves time for the others. */
  readonly strangers: Pace;
}): HostResolver {
  const endpoints = new Set(['localhost', ...options.endpoints.map(endpointName)]);
  // The longest first: with `oss.test` and `eu.oss.test`, `b.eu.oss.test` is the bucket `b`.
  const suffixes = [...endpoints]
    .sort((one, other) => other.length - one.length)
    .map((name) => `.${name}`);

  async function resolveName(name: string): Promise<ResolvedHost> {
    if (endpoints.has(name)) return endpointResult;
    for (const suffix of suffixes) {
      if (name.endsWith(suffix)) return below(name.slice(0, -suffix.length));
    }
    if (name.endsWith('.aliyuncs.com')) {
      const match = vendorEndpoint.exec(name);
      if (match) return below(match[1] ?? '');
    }
    if (name.startsWith('.')) return { kind: 'bad', problem: 'empty-label' };
    const mapping = await options.findMappedDomain(name);
    if (mapping !== undefined) return { kind: 'mapped', mapping };
    return (await options.strangers.turn()) ? { kind: 'unknown', name } : { kind: 'crowded' };
  }

  return {
    async resolve(host) {
      const parsed = parseHost(host);
      if (parsed.kind === 'bad') return { kind: 'bad', problem: parsed.problem };
      if (parsed.kind === 'ip') return endpointResult;
      return resolveName(parsed.name);
    },
  };
}

/** An empty left part is service level: `ali-oss` lists buckets at `.oss-cn-x.aliyuncs.com`. */
function below(left: string): ResolvedHost {
  return left === '' ? endpointResult : { kind: 'bucket', bucket: left };
}

function endpointName(text: string): string {
  const parsed = parseHost(text);
  if (parsed.kind === 'name' && !parsed.name.startsWith('.')) return parsed.name;
  if (parsed.kind === 'ip') return parsed.address;
  throw new Error(`The endpoint ${JSON.stringify(text)} is not a host name.`);
}
