/**
 * Which TLS the connections of a bucket may use (oss-bucket-api.md HttpsConfig; https://
 * www.alibabacloud.com/help/en/oss/developer-reference/putbuckethttpsconfig). Rules only; what is
 * spoken at all is the matter of the room tls.
 */

export interface HttpsDocument {
  /** Each once, in the order they were given; empty: not restricted. */
  readonly versions: readonly TlsVersion[];
  readonly ciphers?: CipherRules | undefined;
}

export interface CipherRules {
  readonly isEnabled: boolean;
  /** Only suites that are strong, as all are that this server speaks. */
  readonly isStrong?: boolean | undefined;
  /** Of TLS 1.2 and below, by their OpenSSL names. */
  readonly custom: readonly string[];
  readonly customTls13: readonly string[];
}

export const tlsVersions = ['TLSv1.0', 'TLSv1.1', 'TLSv1.2', 'TLSv1.3'] as const;
export type TlsVersion = (typeof tlsVersions)[number];

/** What is left of the TLS that this server speaks; `undefined` members are not restricted. */
export interface TlsRestriction {
  readonly versions: readonly string[] | undefined;
  readonly suites: readonly string[] | undefined;
  readonly suitesTls13: readonly string[] | undefined;
}

/** `undefined` for a document that restricts nothing. */
export function tlsRestrictionOf({ versions, ciphers }: HttpsDocument): TlsRestriction | undefined {
  const isCustom = ciphers?.isEnabled === true && ciphers.isStrong !== true;
  const some = <Item>(items: readonly Item[]) => (items.length === 0 ? undefined : items);
  const restriction = {
    versions: some(versions),
    suites: isCustom ? some(ciphers.custom) : undefined,
    suitesTls13: isCustom ? some(ciphers.customTls13) : undefined,
  };
  return Object.values(restriction).some((each) => each !== undefined) ? restriction : undefined;
}

/** Whether a connection of this version may carry requests for the bucket. */
export function isTlsVersionAllowed({ versions }: HttpsDocument, version: string): boolean {
  return versions.length === 0 || versions.some((each) => each === version);
}
