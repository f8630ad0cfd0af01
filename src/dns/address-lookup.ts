import { lookup as lookupOfSystem, Resolver } from 'node:dns/promises';

/**
 * The addresses of a host name; empty when there are none or nobody answers. Unlike a proof, an
 * address is no secret and no right: whoever dials it decides what it may be.
 */
export type AddressLookup = (name: string) => Promise<readonly string[]>;

/** `servers` as in the settings; without any the system is asked, as it asks for itself. */
export function createAddressLookup(servers: readonly string[]): AddressLookup {
  if (servers.length === 0) return lookUpAsSystem;
  const resolver = new Resolver({ timeout: 2_000, tries: 2 });
  resolver.setServers(servers);
  return async (name) => {
    const found = await Promise.allSettled([resolver.resolve4(name), resolver.resolve6(name)]);
    return found.flatMap((each) => (each.status === 'fulfilled' ? each.value : []));
  };
}

async function lookUpAsSystem(name: string): Promise<readonly string[]> {
  try {
    return (await lookupOfSystem(name, { all: true })).map(({ address }) => address);
  } catch {
    return [];
  }
}
