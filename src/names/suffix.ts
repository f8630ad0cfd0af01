import { getDomain, parse } from 'tldts';

/** The names handed in are canonical already, so tldts need not take a URL apart. */
const canonicalInput = { extractHostname: false, validateHostname: false } as const;

/**
 * Whether the canonical name itself is a suffix of the public suffix list: `icann` are those of
 * registries (`com`, `co.uk`), `private` those of companies whose customers get names below theirs
 * (`github.io`). Top-level labels that the list does not know (`lan`, `internal`) are no suffixes.
 */
export function isPublicSuffix(domain: string, section: 'icann' | 'private'): boolean {
  const isPrivate = section === 'private';
  const found = parse(domain, { ...canonicalInput, allowPrivateDomains: isPrivate });
  if (found.publicSuffix !== domain) return false;
  return (isPrivate ? found.isPrivate : found.isIcann) === true;
}

/**
 * The name a registry sold: one label below the ICANN suffix (`shop.example.co.uk` gives
 * `example.co.uk`), below an unknown top-level label likewise (`a.b.lan` gives `b.lan`).
 * Undefined for a suffix itself. Canonical in, canonical out.
 */
export function registrableDomain(domain: string): string | undefined {
  return getDomain(domain, canonicalInput) ?? undefined;
}
