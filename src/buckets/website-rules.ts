/**
 * What a website document makes of a request for a key (oss-semantics.md 4.2, oss-bucket-api.md
 * Website); its routing rules are in routing-rules.ts. Rules only: the lookup comes in, who may
 * read the object found is for the caller to say.
 */
import type { StoredObject } from '../stores/index.ts';
import { type MirrorRule, readMirrorRule } from './mirror-rules.ts';
import {
  type AskedPage,
  type FollowedRule,
  findRoutingRule,
  type RoutingRedirect,
  type RoutingRule,
} from './routing-rules.ts';

/** Fields that are `undefined` were not given and are not shown again. */
export interface WebsiteDocument {
  readonly index?: WebsiteIndex | undefined;
  readonly error?: WebsiteError | undefined;
  readonly rules?: readonly RoutingRule[] | undefined;
}

export interface WebsiteIndex {
  /** Name of the index object, without a slash. */
  readonly suffix: string;
  /** Whether folders have an index of their own; false when not given. */
  readonly supportSubDir?: boolean | undefined;
  /** What a missing `abc` with an index below it is: 0 (default) redirect, 1 missing, 2 served. */
  readonly type?: 0 | 1 | 2 | undefined;
}

export interface WebsiteError {
  readonly key: string;
  /** Status the error document is sent with; 404 when not given. */
  readonly httpStatus?: 200 | 404 | undefined;
}

export interface FoundObject {
  readonly key: string;
  readonly object: StoredObject;
}

export type WebsiteAnswer =
  /** `isRuled`: a rule has led there, and no other is asked. */
  | { readonly kind: 'object'; readonly found: FoundObject; readonly isRuled: boolean }
  /** 302 to the requested key with a slash behind it. */
  | { readonly kind: 'redirect'; readonly key: string }
  /** To where a rule says. */
  | { readonly kind: 'external'; readonly redirect: RoutingRedirect; readonly key: string }
  /** To be fetched from the rule's origin, as `originKey` there, and kept as `key`. */
  | {
      readonly kind: 'mirror';
      readonly rule: MirrorRule;
      readonly key: string;
      readonly originKey: string;
    }
  /** `key` is missing; the error document, if there is one, is sent with `status`. */
  | {
      readonly kind: 'missing';
      readonly key: string;
      readonly errorDocument: (FoundObject & { readonly status: 200 | 404 }) | undefined;
    };

export type FindObject = (key: string) => Promise<StoredObject | undefined>;

/**
 * Steps 2 to 7 of oss-semantics.md 4.2; `object` is what the key that was asked for points to. The
 * first rule that matches ends the search, whatever it leads to.
 */
export async function resolveWebsite(
  document: WebsiteDocument,
  asked: AskedPage,
  object: StoredObject | undefined,
  find: FindObject,
): Promise<WebsiteAnswer> {
  const { key } = asked;
  const early = await resolveRule(document, asked, undefined, find);
  if (early !== undefined) return early;
  if (object !== undefined) return serve(key, object);
  const index = indexKey(document, key);
  const found = index === undefined ? undefined : await find(index);
  if (index !== undefined && found !== undefined) return serve(index, found);
  const late = await resolveRule(document, asked, 404, find);
  if (late !== undefined) return late;
  const folder = index === undefined ? await resolveFolder(document, key, find) : undefined;
  return folder ?? (await resolveMissing(document, key || (index ?? ''), find));
}

/**
 * What a rule says about a request that is to be answered with `status`; `undefined` when none
 * does.
 */
export async function resolveRule(
  document: WebsiteDocument,
  asked: AskedPage,
  status: number | undefined,
  find: FindObject,
): Promise<WebsiteAnswer | undefined> {
  const rule = findRoutingRule(document.rules ?? [], asked, status);
  return rule && (await follow(document, asked.key, rule, find));
}

async function follow(
  document: WebsiteDocument,
  askedKey: string,
  { redirect, key }: FollowedRule,
  find: FindObject,
): Promise<WebsiteAnswer> {
  const mirror = redirect.type === 'Mirror' ? readMirrorRule(redirect) : undefined;
  if (mirror !== undefined) {
    const kept = askedKey || (document.index?.suffix ?? '');
    return { kind: 'mirror', rule: mirror, key: kept, originKey: key || kept };
  }
  if (redirect.type !== 'Internal') return { kind: 'external', redirect, key };
  const served = key || (document.index?.suffix ?? '');
  const object = await find(served);
  if (object === undefined) return await resolveMissing(document, served, find);
  return { ...serve(served, object), isRuled: true };
}

function serve(key: string, object: StoredObject) {
  return { kind: 'object', found: { key, object }, isRuled: false } as const;
}

/**
 * The index object that stands for `key`: for the root always the root's, for `folder/` the
 * folder's own or, without SupportSubDir, the root's as well.
 */
export function indexKey(document: WebsiteDocument, key: string): string | undefined {
  const { index } = document;
  if (index === undefined) return undefined;
  if (key === '') return index.suffix;
  if (!key.endsWith('/')) return undefined;
  return index.supportSubDir ? key + index.suffix : index.suffix;
}

/** Type 0, 1, 2: only with SupportSubDir, only for a missing key without a slash at its end. */
async function resolveFolder(
  { index }: WebsiteDocument,
  key: string,
  find: FindObject,
): Promise<WebsiteAnswer | undefined> {
  const type = index?.type ?? 0;
  if (!index?.supportSubDir || type === 1 || key === '' || key.endsWith('/')) return undefined;
  const folderIndex = `${key}/${index.suffix}`;
  const found = await find(folderIndex);
  if (found === undefined) return undefined;
  if (type === 2) return serve(folderIndex, found);
  return { kind: 'redirect', key: `${key}/` };
}

/** Steps 6 and 7: there is nothing under `key`, wherever it was looked for. */
export async function resolveMissing(
  { error }: WebsiteDocument,
  key: string,
  find: FindObject,
): Promise<Extract<WebsiteAnswer, { kind: 'missing' }>> {
  const object = error === undefined ? undefined : await find(error.key);
  if (error === undefined || object === undefined) {
    return { kind: 'missing', key, errorDocument: undefined };
  }
  const errorDocument = { key: error.key, object, status: error.httpStatus ?? 404 } as const;
  return { kind: 'missing', key, errorDocument };
}
