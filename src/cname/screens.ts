import { isPublicSuffix, registrableDomain } from '../names/index.ts';
import type { World } from '../world/index.ts';
import { type ListFile, type ListNotice, openListFile } from './list-file.ts';
import type { CnameRules, Screen, Screens } from './types.ts';

/** Top-level labels that can never be a caller's (DESIGN ruling 13): RFC 6761, 7686, 3172. */
const reservedTopLevels: readonly string[] = ['localhost', 'invalid', 'onion', 'arpa'];

/**
 * The vendor's endpoint domain. An official client sends hosts below it to an endpoint given as an
 * IP address (clients.md, Addressing), so they count as our endpoints and a mapping of one could
 * never be reached. The vendor's other domains (custom-domain.md 5.1) are nothing special here:
 * only the vendor can put a proof into their zones.
 */
const vendorEndpoint = 'aliyuncs.com';

export interface ScreensParts {
  /** Paths of the lists behind CnameIsForbidden and CnameIsRisk. */
  readonly forbiddenLists: readonly string[];
  readonly riskLists: readonly string[];
  /** Path of the list of licensed registrable domains; undefined switches the screen off. */
  readonly licenseRegistry: string | undefined;
  readonly rules: CnameRules;
  readonly world: World;
  /** Hears of every reading of a list, with the lines skipped, and of lists that went away. */
  readonly report?: (notice: ListNotice) => void;
}

/**
 * Reads the operator's lists and screens names against them. Rejects with a sentence for the
 * operator when a list is missing or cannot be read. The screens never reject afterwards.
 */
export async function createScreens(parts: ScreensParts): Promise<Screens> {
  const open = (path: string) => openListFile(path, parts.world, parts.report ?? (() => {}));
  const forbidden = await Promise.all(parts.forbiddenLists.map(open));
  const risk = await Promise.all(parts.riskLists.map(open));
  const registry = parts.licenseRegistry && (await open(parts.licenseRegistry));
  return {
    async screenForbidden(domain) {
      const reserved = reasonOfReservation(domain, parts.rules);
      if (reserved !== undefined) return { verdict: 'forbidden', reason: reserved };
      const reason = await findListed(domain, forbidden);
      return reason === undefined ? clear : { verdict: 'forbidden', reason };
    },
    async screenRecord(domain) {
      if (registry && !(await isLicensed(domain, registry))) {
        return { verdict: 'unlicensed', registry: registry.path };
      }
      const reason = await findListed(domain, risk);
      return reason === undefined ? clear : { verdict: 'risk', reason };
    },
  };
}

const clear: Screen = { verdict: 'clear' };

/** A sentence for the caller; paths of lists are the operator's business and stay out of it. */
async function findListed(domain: string, lists: readonly ListFile[]): Promise<string | undefined> {
  for (const list of lists) {
    const covering = (await list.current()).findCovering(domain);
    if (covering === undefined) continue;
    return covering === domain
      ? `${domain} is on a list of this server's operator.`
      : `${domain} is below ${covering}, which is on a list of this server's operator.`;
  }
  return undefined;
}

/** A registry lists what was registered; names below share its fate (DESIGN ruling 4). */
async function isLicensed(domain: string, registry: ListFile): Promise<boolean> {
  return (await registry.current()).has(registrableDomain(domain) ?? domain);
}

function reasonOfReservation(domain: string, rules: CnameRules): string | undefined {
  const endpoint = rules.endpoints.find((name) => isAtOrBelow(domain, name));
  if (endpoint !== undefined) return `${endpoint} is an endpoint of this server.`;
  const topLevel = reservedTopLevels.find((name) => isAtOrBelow(domain, name));
  if (topLevel !== undefined) return `Names that end in .${topLevel} are reserved.`;
  if (isAtOrBelow(domain, vendorEndpoint)) {
    return `Names that end in .${vendorEndpoint} count as endpoints of this server.`;
  }
  if (isPublicSuffix(domain, 'icann')) {
    return `${domain} is a public suffix: names are registered below it.`;
  }
  // security.md 1.4: unless the operator allows it, which is said by naming it in the allow-list.
  if (isPublicSuffix(domain, 'private') && !rules.allowList.includes(domain)) {
    const advice = 'the operator of this server can allow it';
    return `${domain} is a suffix below which others have their names; ${advice}.`;
  }
  return undefined;
}

function isAtOrBelow(domain: string, name: string): boolean {
  return domain === name || domain.endsWith(`.${name}`);
}
