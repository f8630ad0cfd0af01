/**
 * Block Public Access of a bucket and of an account: `?publicAccessBlock` (access-control.md 4).
 * What it does to ACLs stands in src/buckets/access.ts.
 * https://www.alibabacloud.com/help/en/oss/developer-reference/putpublicaccessblock
 */
import type { HttpResponse } from '../../http/index.ts';
import { element, type XmlNode } from '../../xml/index.ts';
import { emptyAnswer, xmlAnswer } from '../answers.ts';
import { actorOf } from '../context.ts';
import { readDocument } from '../document.ts';
import type { OperationContext } from '../types.ts';
import type { Configuration } from './configuration.ts';
import { requiredBoolean } from './reading.ts';

const rootName = 'PublicAccessBlockConfiguration';
const switchName = 'BlockPublicAccess';

function render(isEnabled: boolean): XmlNode {
  return element(rootName, element(switchName, String(isEnabled)));
}

/** Only kept while it is on, so that the bucket's row alone says whether it is. */
export const publicAccessBlock: Configuration<'public-access-block'> = {
  document: 'public-access-block',
  root: rootName,
  parse: (root) => (requiredBoolean(root, switchName) ? { isEnabled: true } : undefined),
  render: ({ isEnabled }) => render(isEnabled),
  none: { isEnabled: false },
};

export async function putPublicAccessBlock(context: OperationContext): Promise<HttpResponse> {
  const isBlocked = requiredBoolean(await readDocument(context, rootName), switchName);
  await context.services.buckets.setAccountBlocked(actorOf(context).accountId, isBlocked);
  return emptyAnswer(200);
}

export async function getPublicAccessBlock(context: OperationContext): Promise<HttpResponse> {
  const { buckets } = context.services;
  return xmlAnswer(render(await buckets.isAccountBlocked(actorOf(context).accountId)));
}

export async function deletePublicAccessBlock(context: OperationContext): Promise<HttpResponse> {
  await context.services.buckets.setAccountBlocked(actorOf(context).accountId, false);
  return emptyAnswer(204);
}
