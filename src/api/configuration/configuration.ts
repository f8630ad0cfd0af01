/**
 * What the documents of a bucket have in common: `PUT` replaces the whole document, `GET` shows it
 * or says that there is none, `DELETE` answers 204 also when there was none (oss-bucket-api.md,
 * General for configuration calls). One file beside this one says what each of them holds.
 */
import type { Bucket, DocumentName, DocumentTypes } from '../../buckets/index.ts';
import { type ErrorCode, OssError } from '../../errors/index.ts';
import type { XmlElement, XmlNode } from '../../xml/index.ts';
import { emptyAnswer, xmlAnswer } from '../answers.ts';
import { bucketOf } from '../context.ts';
import { readDocument } from '../document.ts';
import { documentBytesMax, row } from '../rows.ts';
import type { Act, Operation, OperationContext, QueryRequirement } from '../types.ts';

export interface Configuration<Name extends DocumentName> {
  readonly document: Name;
  /** The root element, of requests and answers. */
  readonly root: string;
  /** `undefined` says that there is nothing to keep. @throws OssError for what is not allowed. */
  parse(
    root: XmlElement,
    context: OperationContext,
  ): DocumentTypes[Name] | undefined | Promise<DocumentTypes[Name] | undefined>;
  render(document: DocumentTypes[Name]): XmlNode;
  /** What GET answers when there is none: an error, or the document that then holds. */
  readonly none: ErrorCode | DocumentTypes[Name];
  /** Most elements of a request; 1,000 unless given. */
  readonly elementsMax?: number;
}

/** The document, or the one that holds without it; an error where the reference has one. */
export async function findConfiguration<Name extends DocumentName>(
  context: OperationContext,
  { document, none }: Configuration<Name>,
): Promise<DocumentTypes[Name]> {
  const bucket = bucketOf(context);
  const found = await context.services.documents.find(bucket, document);
  if (found !== undefined) return found;
  if (typeof none === 'string') throw noSuchConfiguration(none, bucket);
  return none;
}

export function noSuchConfiguration(code: ErrorCode, bucket: Bucket): OssError {
  return new OssError(code, { fields: { BucketName: bucket.name } });
}

/** Replaces the whole document. */
export function putConfiguration<Name extends DocumentName>(
  configuration: Configuration<Name>,
): Act {
  const { document, elementsMax, root } = configuration;
  return async (context) => {
    const rules = elementsMax === undefined ? {} : { elementsMax };
    const parsed = await configuration.parse(await readDocument(context, root, rules), context);
    const { documents } = context.services;
    if (parsed === undefined) await documents.remove(bucketOf(context), document);
    else await documents.put(bucketOf(context), document, parsed);
    return emptyAnswer(200);
  };
}

function getConfiguration<Name extends DocumentName>(configuration: Configuration<Name>): Act {
  return async (context) =>
    xmlAnswer(configuration.render(await findConfiguration(context, configuration)));
}

function deleteConfiguration(document: DocumentName): Act {
  return async (context) => {
    await context.services.documents.remove(bucketOf(context), document);
    return emptyAnswer(204);
  };
}

type Verb = 'Put' | 'Get' | 'Delete';

const methods = { Put: 'PUT', Get: 'GET', Delete: 'DELETE' } as const;

/** The rows of one document: its operations are named `Put<name>`, `Get<name>`, `Delete<name>`. */
export function configurationRows<Name extends DocumentName>(
  name: string,
  query: Readonly<Record<string, QueryRequirement>>,
  configuration: Configuration<Name>,
  options: { verbs?: readonly Verb[]; action?: string; documentBytesMax?: number } = {},
): Operation[] {
  const acts: Readonly<Record<Verb, Act>> = {
    Put: putConfiguration(configuration),
    Get: getConfiguration(configuration),
    Delete: deleteConfiguration(configuration.document),
  };
  return (options.verbs ?? (['Put', 'Get', 'Delete'] as const)).map((verb) =>
    row(`${verb}${name}`, 'bucket', methods[verb], query, 'owner', acts[verb], {
      action: `oss:${verb}${options.action ?? name}`,
      ...(verb === 'Put' ? { documentBytesMax: options.documentBytesMax ?? documentBytesMax } : {}),
    }),
  );
}
