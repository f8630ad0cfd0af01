import { Resolver } from 'node:dns/promises';

/**
 * The addresses of a host name; empty when there are none or nobody answers. Unlike a proof, an
 * address is no secret and no right: whoever dials it decides what it may be.
 */
export type AddressLookup = (name: string) => Promise<readonly string[]>;

/** Ours: two tries fit into the budget of a callback. */
const tryMs = 2_000;
const tries = 2;

/**
 * `servers` as in the settings; without any those of the system, as they were when this was made.
 * They are asked directly: the system's own way would hold a thread of the pool that files need,
 * for as long as a name that somebody chose takes to fail.
 */
export function createAddressLookup(servers: readonly string[]): AddressLookup {
  const resolver = new Resolver({ timeout: tryMs, tries });
  if (servers.length > 0) resolver.setServers(servers);
  return async (name) => {
    const found = await Promise.allSettled([resolver.resolve4(name), resolver.resolve6(name)]);
    return found.flatMap((each) => (each.status === 'fulfilled' ? each.value : []));
  };
}
