/**
 * What changed of the things nodes keep in memory. `name` is the domain, the id of the bucket, the
 * access key id, the id of the account (of `identities` too), the number of the certificate.
 */
export interface Change {
  readonly kind: ChangeKind;
  readonly name: string;
}

export type ChangeKind =
  | 'domain'
  | 'bucket'
  | 'credential'
  | 'account'
  | 'identities'
  | 'certificate';

/**
 * Every change of a mapping, a binding, a bucket's ACL and documents, the standing and the sealed
 * text of a credential, an account's standing, its users,
 * groups, roles and policies, a certificate's sealed text, and every removal of
 * one of these, in the order of commits; but not that of a certificate, which nothing bound any
 * more. That something new was made is told of domains only.
 */
export interface ChangeFeed {
  /**
   * The changes after `revision`, oldest first, at most `limit`; a subject that changed twice is
   * told once. `revision` in the answer is where to ask on; `current` the last there is. When
   * `current` is less than what was asked from, the database was set back, and nothing learned from
   * it before is worth anything.
   */
  changesSince(
    revision: number,
    limit: number,
  ): Promise<{
    readonly changes: readonly Change[];
    readonly revision: number;
    readonly current: number;
  }>;
}
