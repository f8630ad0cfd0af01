/** Tags name the subjects an answer was made from; a change of one drops what has its tag. */
import type { ChangeKind } from '../ports/changes.ts';

export function tagOf(kind: ChangeKind, name: string | number): string {
  return `${kind} ${name}`;
}

/** Of answers that a change of any subject of this kind makes stale. No subject has such a name. */
export function tagOfAll(kind: ChangeKind): string {
  return `${kind} *`;
}

/** Of every answer about a user or a role, whatever the account. */
export const identitiesTag = tagOf('identities', 'of any account');

/** What goes with a change of the subject of this tag. */
export function tagsStaleWith(tag: string): readonly string[] {
  const [kind] = tag.split(' ', 1);
  return [tag, tagOfAll(kind as ChangeKind)];
}
