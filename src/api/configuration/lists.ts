/** Documents that hold a list of named things, and the pages they are listed in. */
import type { HttpRequest } from '../../http/index.ts';
import { element, type XmlNode } from '../../xml/index.ts';
import { queryValue } from '../context.ts';

type Named<Field extends string> = { readonly [Name in Field]: string };

/** In the order of code units; names are ASCII. */
export function byName<Field extends string, Item extends Named<Field>>(
  items: readonly Item[],
  field: Field,
): Item[] {
  return [...items].sort((a, b) => (a[field] < b[field] ? -1 : 1));
}

/** All but the one of that name. */
export function without<Field extends string, Item extends Named<Field>>(
  items: readonly Item[],
  field: Field,
  name: string,
): Item[] {
  return items.filter((item) => item[field] !== name);
}

export interface ListPage<Item> {
  readonly items: readonly Item[];
  readonly isTruncated: boolean;
  /** What the request carried; empty when it carried none. */
  readonly token: string;
  /** Where the next page begins; empty on the last one. */
  readonly nextToken: string;
}

/**
 * The page that `continuation-token` asks for: what stands behind the item of that name. Items come
 * by name, ascending. The token is the name itself: an official suite compares it.
 */
export function pageOf<Item>(
  request: HttpRequest,
  items: readonly Item[],
  limit: number,
  nameOf: (item: Item) => string,
): ListPage<Item> {
  const token = queryValue(request, 'continuation-token') ?? '';
  const after = items.filter((item) => nameOf(item) > token);
  const page = after.slice(0, limit);
  const last = page.at(-1);
  const isTruncated = last !== undefined && page.length < after.length;
  return { items: page, isTruncated, token, nextToken: isTruncated ? nameOf(last) : '' };
}

/** `IsTruncated` and the tokens, empty ones as empty elements. */
export function pageElements({ isTruncated, token, nextToken }: ListPage<unknown>): XmlNode[] {
  return [
    element('ContinuationToken', token),
    element('NextContinuationToken', nextToken),
    element('IsTruncated', String(isTruncated)),
  ];
}
