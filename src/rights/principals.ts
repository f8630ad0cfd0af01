/** Who asks, and how policies name them (access-control.md 1 and 2.2). */
import { type Wildcards, wildcards } from './wildcards.ts';

export type Who =
  | { readonly kind: 'anonymous' }
  | { readonly kind: 'account'; readonly accountId: string }
  | {
      readonly kind: 'user';
      readonly accountId: string;
      readonly userId: string;
      readonly name: string;
    }
  | {
      readonly kind: 'session';
      readonly accountId: string;
      readonly role: string;
      readonly session: string;
    };

export interface PrincipalPattern {
  readonly text: string;
  /** `*` alone: whether it means the owner too depends on the statement's condition. */
  readonly isEverybody: boolean;
  matches(who: Who): boolean;
}

const sessionForm = /^arn:sts::([^:]*):([^:/]+)\/([^:/]+)\/([^:/]+)$/;

/** Of a bucket policy; `undefined` for what names nobody. */
export function parsePrincipal(text: string): PrincipalPattern | undefined {
  if (text === '*') return { text, isEverybody: true, matches: () => true };
  if (/^\d{1,32}$/.test(text)) return { text, isEverybody: false, matches: isNumbered(text) };
  const parts = sessionForm.exec(text);
  if (parts === null) return undefined;
  const [, account = '', kind = '', role = '', session = ''] = parts;
  if (!/^(?:\*|\d{1,32})$/.test(account) || !wildcards(kind).matches('assumed-role')) {
    return undefined;
  }
  return { text, isEverybody: false, matches: isSession(account, wildcards(role), session) };
}

/** Of accounts their own keys alone, not their users (access-control.md 10). */
function isNumbered(id: string): (who: Who) => boolean {
  return (who) =>
    (who.kind === 'account' && who.accountId === id) || (who.kind === 'user' && who.userId === id);
}

function isSession(account: string, role: Wildcards, sessionText: string): (who: Who) => boolean {
  const session = wildcards(sessionText);
  return (who) =>
    who.kind === 'session' &&
    (account === '*' || account === who.accountId) &&
    role.matches(who.role) &&
    session.matches(who.session);
}

const trustedForm = /^acs:ram::(\d{1,32}):(root|user\/[^:*?]+|role\/[^:*?]+)$/;

/**
 * Of the trust policy of a role: `acs:ram::<account>:root` is every identity of that account.
 * `undefined` for what names nobody.
 */
export function parseTrusted(text: string): PrincipalPattern | undefined {
  const parts = trustedForm.exec(text);
  if (parts === null) return undefined;
  const [, account = '', rest = ''] = parts;
  return {
    text,
    isEverybody: false,
    matches(who) {
      if (who.kind === 'anonymous' || who.kind === 'account') return false;
      if (account !== who.accountId) return false;
      if (rest === 'root') return true;
      return rest === (who.kind === 'user' ? `user/${who.name}` : `role/${who.role}`);
    },
  };
}
