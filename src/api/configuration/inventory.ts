/**
 * Inventories: `?inventory&inventoryId=i`, listed by `?inventory` (oss-semantics.md 8). Kept and
 * given back; nothing is inventoried.
 * https://www.alibabacloud.com/help/en/oss/developer-reference/putbucketinventory
 */
import { OssError } from '../../errors/index.ts';
import type { HttpResponse } from '../../http/index.ts';
import { element, type XmlElement } from '../../xml/index.ts';
import { emptyAnswer, xmlAnswer } from '../answers.ts';
import { bucketOf, queryValue } from '../context.ts';
import { invalidArgument, malformedXml, onlyChild, readDocument } from '../document.ts';
import type { OperationContext } from '../types.ts';
import { noSuchConfiguration } from './configuration.ts';
import { byName, pageOf, without } from './lists.ts';
import { requiredBoolean, requiredText, requiredWord } from './reading.ts';
import { fromStored, toStored } from './verbatim.ts';

const inventoriesMax = 1000;
const pageMax = 100;

function readId({ request }: OperationContext): string {
  const id = queryValue(request, 'inventoryId') ?? '';
  if (/^[A-Za-z0-9_.-]{1,64}$/.test(id)) return id;
  throw invalidArgument('inventoryId', id, 'The id of the inventory is invalid.');
}

/** A second inventory of the same id is refused, also when it is the same. */
export async function putBucketInventory(context: OperationContext): Promise<HttpResponse> {
  const id = readId(context);
  const root = await readDocument(context, 'InventoryConfiguration');
  checkInventory(root, id);
  await checkTarget(root, context);
  const content = toStored(root, inUsualForm);
  await context.services.documents.change(bucketOf(context), 'inventories', (standing) => {
    const inventories = standing?.inventories ?? [];
    if (inventories.some((one) => one.id === id)) {
      throw new OssError('InventoryConfigurationAlreadyExists', { fields: { InventoryId: id } });
    }
    if (inventories.length >= inventoriesMax) {
      const message = `A bucket cannot have more than ${inventoriesMax} inventories.`;
      throw invalidArgument('inventoryId', id, message);
    }
    return { inventories: byName([...inventories, { id, content }], 'id') };
  });
  return emptyAnswer(200);
}

/** What the service answers differs from what was put in two texts (an official suite). */
function inUsualForm(name: string, text: string): string {
  if (name === 'IsEnabled') return text.toLowerCase();
  return name === 'StorageClass' ? text.split(',').sort().join(',') : text;
}

function checkInventory(root: XmlElement, id: string): void {
  const named = requiredText(root, 'Id');
  if (named !== id) {
    throw invalidArgument('Id', named.slice(0, 100), 'The Id differs from inventoryId.');
  }
  requiredBoolean(root, 'IsEnabled');
  requiredWord(root, 'IncludedObjectVersions', ['All', 'Current']);
  requiredWord(requiredChild(root, 'Schedule'), 'Frequency', ['Daily', 'Weekly']);
  if (requiredText(targetOf(root), 'Format') === '') throw malformedXml('Format is empty');
}

function targetOf(root: XmlElement): XmlElement {
  return requiredChild(requiredChild(root, 'Destination'), 'OSSBucketDestination');
}

/** `acs:oss:::name` names a bucket of the same account, and one that is there. */
async function checkTarget(root: XmlElement, context: OperationContext): Promise<void> {
  const text = requiredText(targetOf(root), 'Bucket');
  const target = await context.services.buckets.findBucket(text.replace(/^acs:oss:::/, ''));
  if (target?.accountId === bucketOf(context).accountId) return;
  throw invalidArgument('Bucket', text.slice(0, 100), 'The destination bucket does not exist.');
}

function requiredChild(parent: XmlElement, name: string): XmlElement {
  const child = onlyChild(parent, name);
  if (child === undefined) throw malformedXml(`${parent.name} needs ${name}`);
  return child;
}

export async function getBucketInventory(context: OperationContext): Promise<HttpResponse> {
  const bucket = bucketOf(context);
  const id = readId(context);
  const document = await context.services.documents.find(bucket, 'inventories');
  const found = document?.inventories.find((one) => one.id === id);
  if (found === undefined) throw noSuchConfiguration('NoSuchInventory', bucket);
  return xmlAnswer(fromStored(found.content));
}

/** 404 also for a bucket without any, and no empty tokens: official suites ask for both. */
export async function listBucketInventory(context: OperationContext): Promise<HttpResponse> {
  const bucket = bucketOf(context);
  const document = await context.services.documents.find(bucket, 'inventories');
  if (document === undefined) throw noSuchConfiguration('NoSuchInventory', bucket);
  const page = pageOf(context.request, document.inventories, pageMax, ({ id }) => id);
  return xmlAnswer(
    element(
      'ListInventoryConfigurationsResult',
      ...page.items.map(({ content }) => fromStored(content)),
      element('IsTruncated', String(page.isTruncated)),
      page.token === '' ? undefined : element('ContinuationToken', page.token),
      page.nextToken === '' ? undefined : element('NextContinuationToken', page.nextToken),
    ),
  );
}

export async function deleteBucketInventory(context: OperationContext): Promise<HttpResponse> {
  const id = readId(context);
  await context.services.documents.change(bucketOf(context), 'inventories', (standing) => {
    const inventories = without(standing?.inventories ?? [], 'id', id);
    return inventories.length === 0 ? undefined : { inventories };
  });
  return emptyAnswer(204);
}
