/** Resources of policies: `acs:<service>:<region>:<account>:<relative>` (access-control.md 1). */
import { type Wildcards, wildcards } from './wildcards.ts';

/** What a request is about. */
export interface Resource {
  readonly service: 'oss' | 'ram' | 'yundun-cert';
  /** Of this server; empty for services without regions. */
  readonly region: string;
  /** Of the account that owns it. */
  readonly accountId: string;
  /** `bucket`, `bucket/key`, `role/name`, `*`. */
  readonly relative: string;
}

export interface ResourcePattern {
  matches(resource: Resource): boolean;
  readonly text: string;
  /** `*` or empty for any account. */
  readonly accountId: string;
  readonly relative: Wildcards;
  readonly relativeText: string;
}

const everything = wildcards('*');

/**
 * The fields are told apart before they are compared: a wildcard never reaches over a colon, and a
 * key may hold as many as it likes. `undefined`: no resource.
 */
export function parseResource(text: string): ResourcePattern | undefined {
  if (text === '*') {
    return { matches: () => true, text, accountId: '*', relative: everything, relativeText: '*' };
  }
  const [prefix, service = '', region = '', accountId = '', ...more] = text.split(':');
  const relativeText = more.join(':');
  if (prefix !== 'acs' || more.length === 0 || relativeText === '') return undefined;
  if (!/^(?:\*|[a-z0-9-]+)$/.test(service) || !/^(?:\*|[a-z0-9-]*)$/.test(region)) return undefined;
  if (!/^(?:\*|\d*)$/.test(accountId)) return undefined;
  const relative = wildcards(relativeText);
  return {
    text,
    accountId,
    relative,
    relativeText,
    matches: (resource) =>
      (service === '*' || service === resource.service) &&
      isRegionMet(region, resource.region) &&
      (accountId === '*' || accountId === '' || accountId === resource.accountId) &&
      relative.matches(resource.relative),
  };
}

function isRegionMet(wanted: string, region: string): boolean {
  return wanted === '*' || wanted === '' || wanted === region || wanted === `oss-${region}`;
}

/** Whether a resource can be the bucket or an object in it. */
export function canMeanBucket(pattern: ResourcePattern, bucket: string): boolean {
  const { relativeText } = pattern;
  if (pattern.relative.matches(bucket)) return true;
  // Everything before the first wildcard stands as it is: it must agree with `bucket/…`.
  const star = relativeText.indexOf('*');
  const fixed = star < 0 ? relativeText : relativeText.slice(0, star);
  const wanted = `${bucket}/`;
  if (fixed.length > wanted.length) return fixed.startsWith(wanted);
  return star >= 0 && wanted.startsWith(fixed);
}
