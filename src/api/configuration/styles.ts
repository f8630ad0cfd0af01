/**
 * Styles of image processing: `?style&styleName=n` (oss-semantics.md 8). Kept and given back; their
 * content is not looked at.
 * https://www.alibabacloud.com/help/en/oss/developer-reference/putstyle
 */
import type { Style } from '../../buckets/index.ts';
import { OssError } from '../../errors/index.ts';
import type { HttpResponse } from '../../http/index.ts';
import { element, type XmlNode } from '../../xml/index.ts';
import { emptyAnswer, formatHttpDate, xmlAnswer } from '../answers.ts';
import { bucketOf, queryValue } from '../context.ts';
import { childText, invalidArgument, readDocument } from '../document.ts';
import type { OperationContext } from '../types.ts';
import { byName, without } from './lists.ts';

const stylesMax = 50;
/** Ours. */
const contentBytesMax = 4 * 1024;

function readName({ request }: OperationContext): string {
  const name = queryValue(request, 'styleName') ?? '';
  if (/^[A-Za-z0-9_.-]{1,63}$/.test(name)) return name;
  throw invalidArgument('styleName', name, 'The name of the style is invalid.');
}

export async function putStyle(context: OperationContext): Promise<HttpResponse> {
  const { request, services } = context;
  const name = readName(context);
  const content = childText(await readDocument(context, 'Style'), 'Content') ?? '';
  if (content === '' || Buffer.byteLength(content, 'utf8') > contentBytesMax) {
    throw invalidArgument('Content', content.slice(0, 100), 'Style content is invalid.');
  }
  const category = queryValue(request, 'category') || 'image';
  const now = services.world.clock.now();
  await services.documents.change(bucketOf(context), 'styles', (standing) => {
    const styles = standing?.styles ?? [];
    const createdAt = styles.find((style) => style.name === name)?.createdAt ?? now;
    const others = without(styles, 'name', name);
    if (others.length >= stylesMax) {
      const message = `A bucket cannot have more than ${stylesMax} styles.`;
      throw invalidArgument('styleName', name, message);
    }
    const style: Style = { name, content, category, createdAt, modifiedAt: now };
    return { styles: byName([...others, style], 'name') };
  });
  return emptyAnswer(200);
}

export async function getStyle(context: OperationContext): Promise<HttpResponse> {
  const bucket = bucketOf(context);
  const name = readName(context);
  const document = await context.services.documents.find(bucket, 'styles');
  const style = document?.styles.find((one) => one.name === name);
  if (style !== undefined) return xmlAnswer(styleElement(style));
  throw new OssError('NoSuchStyle', { fields: { BucketName: bucket.name, StyleName: name } });
}

export async function listStyle(context: OperationContext): Promise<HttpResponse> {
  const document = await context.services.documents.find(bucketOf(context), 'styles');
  return xmlAnswer(element('StyleList', ...(document?.styles ?? []).map(styleElement)));
}

export async function deleteStyle(context: OperationContext): Promise<HttpResponse> {
  const name = readName(context);
  await context.services.documents.change(bucketOf(context), 'styles', (standing) => {
    const styles = without(standing?.styles ?? [], 'name', name);
    return styles.length === 0 ? undefined : { styles };
  });
  return emptyAnswer(204);
}

function styleElement({ name, content, category, createdAt, modifiedAt }: Style): XmlNode {
  return element(
    'Style',
    element('Name', name),
    element('Content', content),
    element('Category', category),
    element('CreateTime', formatHttpDate(createdAt)),
    element('LastModifyTime', formatHttpDate(modifiedAt)),
  );
}
