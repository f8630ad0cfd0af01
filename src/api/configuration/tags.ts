/**
 * Tags of a bucket: `?tagging` (oss-bucket-api.md Tags)
 * https://www.alibabacloud.com/help/en/oss/developer-reference/putbuckettags
 */
import type { Tag } from '../../buckets/index.ts';
import { OssError } from '../../errors/index.ts';
import type { HttpResponse } from '../../http/index.ts';
import { element, type XmlElement } from '../../xml/index.ts';
import { emptyAnswer } from '../answers.ts';
import { bucketOf, queryValue } from '../context.ts';
import { childText, invalidArgument, malformedXml, onlyChild } from '../document.ts';
import type { OperationContext } from '../types.ts';
import type { Configuration } from './configuration.ts';
import { requiredText } from './reading.ts';

const tagsMax = 20;
const keyBytesMax = 64;
const valueBytesMax = 128;
const forbiddenPrefixes = ['http://', 'https://', 'Aliyun'];

export const bucketTags: Configuration<'tags'> = {
  document: 'tags',
  root: 'Tagging',
  parse(root) {
    const set = onlyChild(root, 'TagSet');
    if (set === undefined) throw malformedXml('Tagging needs TagSet');
    const tags = set.childrenNamed('Tag').map(parseTag);
    checkTags(tags);
    return tags.length === 0 ? undefined : { tags };
  },
  render: ({ tags }) =>
    element(
      'Tagging',
      element(
        'TagSet',
        ...tags.map(({ key, value }) =>
          element('Tag', element('Key', key), element('Value', value)),
        ),
      ),
    ),
  none: { tags: [] },
};

function parseTag(tag: XmlElement): Tag {
  return { key: requiredText(tag, 'Key'), value: childText(tag, 'Value') ?? '' };
}

function checkTags(tags: readonly Tag[]): void {
  if (tags.length > tagsMax) {
    const message = `A bucket cannot have more than ${tagsMax} tags.`;
    throw invalidArgument('Tag', String(tags.length), message);
  }
  for (const { key, value } of tags) {
    const isForbidden = forbiddenPrefixes.some((prefix) => key.startsWith(prefix));
    if (key === '' || isForbidden || Buffer.byteLength(key, 'utf8') > keyBytesMax) {
      throw new OssError('InvalidTaggingKey');
    }
    if (Buffer.byteLength(value, 'utf8') <= valueBytesMax) continue;
    throw invalidArgument('Value', value.slice(0, 100), 'The tagging value is too long.');
  }
  if (new Set(tags.map(({ key }) => key)).size < tags.length) throw new OssError('RepeatedTags');
}

/** DeleteBucketTags: all of them, or with `?tagging=k1,k2` those. 204 also when there are none. */
export async function deleteBucketTags(context: OperationContext): Promise<HttpResponse> {
  const { documents } = context.services;
  const named = queryValue(context.request, 'tagging') ?? '';
  if (named === '') {
    await documents.remove(bucketOf(context), 'tags');
  } else {
    const removed = new Set(named.split(','));
    await documents.change(bucketOf(context), 'tags', (standing) => {
      const tags = standing?.tags.filter(({ key }) => !removed.has(key)) ?? [];
      return tags.length === 0 ? undefined : { tags };
    });
  }
  return emptyAnswer(204);
}
