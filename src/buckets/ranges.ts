/** Byte ranges as the service reads them (oss-object-api.md, oss-semantics.md 0 and 7.8). Pure. */

export type Range =
  | { readonly kind: 'whole' }
  | { readonly kind: 'part'; readonly start: number; readonly length: number }
  | { readonly kind: 'unsatisfiable' };

/** `lenient` is the service's default; `standard` is asked for with x-oss-range-behavior. */
export type RangeBehavior = 'lenient' | 'standard';

/** One specification of RFC 9110 section 14.1.2 before it meets a size. */
interface RangeSpecification {
  readonly first: number | undefined;
  readonly last: number | undefined;
}

const whole: Range = { kind: 'whole' };
const unsatisfiable: Range = { kind: 'unsatisfiable' };

/**
 * The part of an object of `size` bytes that a Range header asks for. Of several ranges only the
 * first is served. A header that cannot be read, and an end before the start, mean the whole
 * object.
 */
export function resolveRange(
  header: string | undefined,
  size: number,
  behavior: RangeBehavior,
): Range {
  const specification = header === undefined ? undefined : parseFirst(header);
  return specification === undefined ? whole : resolve(specification, size, behavior);
}

function parseFirst(header: string): RangeSpecification | undefined {
  const list = /^\s*bytes\s*=(.*)$/i.exec(header)?.[1];
  if (list === undefined) return undefined;
  const match = /^\s*(\d*)\s*-\s*(\d*)\s*$/.exec(list.split(',')[0] ?? '');
  if (match === null) return undefined;
  const first = match[1] ? Number(match[1]) : undefined;
  const last = match[2] ? Number(match[2]) : undefined;
  if (first === undefined && last === undefined) return undefined;
  if (first !== undefined && last !== undefined && last < first) return undefined;
  return { first, last };
}

function resolve(
  { first, last }: RangeSpecification,
  size: number,
  behavior: RangeBehavior,
): Range {
  const isStandard = behavior === 'standard';
  if (first === undefined) {
    const suffix = last ?? 0;
    // The last no bytes: refused in both modes (oss-semantics.md 0).
    if (suffix === 0) return unsatisfiable;
    if (suffix <= size) return { kind: 'part', start: size - suffix, length: suffix };
    if (!isStandard) return whole;
    return size === 0 ? unsatisfiable : { kind: 'part', start: 0, length: size };
  }
  if (first >= size) return isStandard ? unsatisfiable : whole;
  if (last !== undefined && last >= size && !isStandard) return whole;
  const end = Math.min(last ?? size - 1, size - 1);
  return { kind: 'part', start: first, length: end - first + 1 };
}
