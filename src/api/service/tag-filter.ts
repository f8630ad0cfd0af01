/**
 * The filters of ListBuckets by tags: `tag-key` with `tag-value`, and `tagging` with several pairs,
 * `"k1":"v1","k2":"v2"` (oss-bucket-api.md ListBuckets). A bucket must have all of them.
 */
import type { Bucket, BucketPage, Tag } from '../../buckets/index.ts';
import type { HttpRequest } from '../../http/index.ts';
import { queryValue } from '../context.ts';
import { invalidArgument } from '../document.ts';
import type { Services } from '../services.ts';

interface WantedTag {
  readonly key: string;
  /** `undefined`: any. */
  readonly value: string | undefined;
}

export interface TagChoice {
  readonly filter: readonly WantedTag[];
  /** `undefined`: all are. */
  readonly isShown: ((tags: readonly Tag[]) => boolean) | undefined;
}

/** Empty when nothing is asked for. @throws OssError InvalidArgument. */
export function readTagFilter(request: HttpRequest): WantedTag[] {
  const key = queryValue(request, 'tag-key') ?? '';
  const value = queryValue(request, 'tag-value') ?? '';
  if (key === '' && value !== '') {
    throw invalidArgument('tag-value', value, 'tag-value needs tag-key.');
  }
  const single = key === '' ? [] : [{ key, value: value === '' ? undefined : value }];
  return [...single, ...parsePairs(queryValue(request, 'tagging') ?? '')];
}

function parsePairs(text: string): Tag[] {
  if (text === '') return [];
  const pair = /"([^"]*)":"([^"]*)"(?:,|$)/y;
  const tags: Tag[] = [];
  while (pair.lastIndex < text.length) {
    const [, key, value] = pair.exec(text) ?? [];
    if (key === undefined || value === undefined) {
      throw invalidArgument('tagging', text, 'tagging must be a list of "key":"value".');
    }
    tags.push({ key, value });
  }
  return tags;
}

/**
 * An account has few buckets, so that all of them are looked at. `isShown`: what policies say of a
 * bucket with these tags.
 */
export async function pageOfTagged(
  { buckets, documents }: Services,
  { filter, isShown = () => true }: TagChoice,
  asked: { accountId: string; prefix: string; marker: string; limit: number },
): Promise<BucketPage> {
  const found: Bucket[] = [];
  for (const bucket of await buckets.allBuckets(asked.accountId)) {
    if (bucket.name <= asked.marker || !bucket.name.startsWith(asked.prefix)) continue;
    const tags = (await documents.find(bucket, 'tags'))?.tags ?? [];
    if (!isShown(tags)) continue;
    if (filter.every((wanted) => tags.some((tag) => isWanted(tag, wanted)))) found.push(bucket);
  }
  return {
    buckets: found.slice(0, asked.limit),
    isTruncated: asked.limit > 0 && found.length > asked.limit,
  };
}

function isWanted(tag: Tag, wanted: WantedTag): boolean {
  return tag.key === wanted.key && (wanted.value === undefined || tag.value === wanted.value);
}
