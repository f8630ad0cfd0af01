/**
 * What is left of the profile where a bucket allows less of it (custom-domain.md 9). Never more
 * than the profile: versions and suites that are not in it are kept by the bucket and not spoken.
 */
import type { TlsOptions } from 'node:tls';
import { tlsProfile } from './profile.ts';
import { domainOf } from './sni.ts';

/** `undefined` members are not restricted. */
export interface TlsRestriction {
  readonly versions: readonly string[] | undefined;
  /** Of TLS 1.2. */
  readonly suites: readonly string[] | undefined;
  readonly suitesTls13: readonly string[] | undefined;
}

type Version = 'TLSv1.2' | 'TLSv1.3';

/** `undefined` when nothing is left. */
export function restrictProfile(
  restriction: TlsRestriction,
): { minVersion: Version; maxVersion: Version; ciphers: string } | undefined {
  const spoken = tlsProfile().ciphers.split(':');
  const left = (
    version: Version,
    isOfVersion: (suite: string) => boolean,
    only?: readonly string[],
  ) =>
    (restriction.versions?.includes(version) ?? true)
      ? spoken.filter((suite) => isOfVersion(suite) && (only?.includes(suite) ?? true))
      : [];
  const isTls13 = (suite: string): boolean => suite.startsWith('TLS_');
  const tls12 = left('TLSv1.2', (suite) => !isTls13(suite), restriction.suites);
  const tls13 = left('TLSv1.3', isTls13, restriction.suitesTls13);
  if (tls12.length + tls13.length === 0) return undefined;
  return {
    minVersion: tls12.length > 0 ? 'TLSv1.2' : 'TLSv1.3',
    maxVersion: tls13.length > 0 ? 'TLSv1.3' : 'TLSv1.2',
    ciphers: [...tls13, ...tls12].join(':'),
  };
}

/**
 * The look-up of what a server name restricts, for a listener with these options. What restricts
 * everything cannot be put; should it stand all the same, the most recent version is spoken.
 */
export function createRestrictions(
  options: TlsOptions,
  restrictionOf: (domain: string) => Promise<TlsRestriction | undefined>,
): (serverName: string) => Promise<{ key: string; options: TlsOptions } | undefined> {
  return async (serverName) => {
    const domain = domainOf(serverName);
    const restriction = domain === undefined ? undefined : await restrictionOf(domain);
    if (restriction === undefined) return undefined;
    const left = restrictProfile(restriction) ?? restrictProfile(latest);
    return left && { key: Object.values(left).join(' '), options: { ...options, ...left } };
  };
}

const latest: TlsRestriction = {
  versions: ['TLSv1.3'],
  suites: undefined,
  suitesTls13: undefined,
};
