/**
 * DeleteMultipleObjects: `POST /?delete`
 * https://www.alibabacloud.com/help/en/oss/developer-reference/deletemultipleobjects
 *
 * At most 1,000 keys in 2 MiB. Keys that no object stands under count as deleted. Quiet answers an
 * empty body. Keys may hold control characters, as numeric references.
 */
import { checkObjectKey, type DeletionResult } from '../../buckets/index.ts';
import { OssError, refine } from '../../errors/index.ts';
import type { HttpResponse } from '../../http/index.ts';
import { element, type XmlElement, type XmlNode } from '../../xml/index.ts';
import { actionOnVersion } from '../actions.ts';
import { emptyAnswer, encodeUrl, xmlAnswer } from '../answers.ts';
import { readEncoding } from '../bucket/list-parameters.ts';
import { bucketOf } from '../context.ts';
import { childBoolean, malformedXml, onlyChild, readDocument } from '../document.ts';
import type { BucketAction } from '../rights.ts';
import type { OperationContext } from '../types.ts';
import { checkVersionId } from './version-id.ts';
import { findProtectedSince } from './write-guards.ts';

interface Deletion {
  readonly isQuiet: boolean;
  readonly entries: readonly DeletionEntry[];
}

interface DeletionEntry {
  readonly key: string;
  /** `undefined` for the current version. */
  readonly versionId: string | undefined;
}

/** oss-object-api.md DeleteMultipleObjects. */
const keysMax = 1000;
/** Delete, Quiet, and Object, Key, VersionId for each key; some more that are ignored. */
const elementsMax = 2 + keysMax * 5;
const judgedAtOnce = 100;

export async function deleteMultipleObjects(context: OperationContext): Promise<HttpResponse> {
  const encoding = readEncoding(context.request);
  const deletion = await readDeletion(context);
  const bucket = bucketOf(context);
  await checkRights(context, deletion.entries);
  const since = await findProtectedSince(context);
  const results = await context.services.objects.deleteObjects(bucket, deletion.entries, since);
  if (results.every((result) => result.isProtected)) throw new OssError('FileImmutable');
  return deletion.isQuiet ? emptyAnswer(200) : render(deletion, results, encoding === 'url');
}

/** @throws OssError MalformedXML with this operation's own second-level code, whatever is wrong. */
async function readDeletion(context: OperationContext): Promise<Deletion> {
  try {
    return parse(await readDocument(context, 'Delete', { elementsMax }));
  } catch (problem) {
    throw asMalformedDelete(problem);
  }
}

/** Too many bytes are the same fault as too many keys (oss-object-api.md DeleteMultipleObjects). */
function asMalformedDelete(problem: unknown): unknown {
  if (!(problem instanceof OssError)) return problem;
  const { code, message, fields, closeConnection } = problem;
  if (code === 'MalformedXML') return refine('malformedDelete', { fields });
  if (code !== 'EntityTooLarge') return problem;
  return refine('malformedDelete', { fields: { ErrorDetail: message }, closeConnection });
}

function parse(root: XmlElement): Deletion {
  const objects = root.childrenNamed('Object');
  if (objects.length === 0) throw malformedXml('there is no Object in Delete');
  if (objects.length > keysMax) {
    throw malformedXml(`there are more than ${keysMax} Object elements`);
  }
  return { isQuiet: childBoolean(root, 'Quiet') ?? false, entries: objects.map(parseEntry) };
}

function parseEntry(object: XmlElement): DeletionEntry {
  // Not trimmed: white space at either end is part of a key.
  const key = onlyChild(object, 'Key')?.text;
  if (key === undefined) throw malformedXml('an Object has no Key');
  checkObjectKey(key);
  const versionId = onlyChild(object, 'VersionId')?.text.trim() || undefined;
  if (versionId !== undefined) checkVersionId(versionId, 'VersionId');
  return { key, versionId };
}

/**
 * Every object is asked for; of one that is refused nothing is deleted at all (access-control.md 3,
 * oss-semantics.md 1.5).
 */
async function checkRights(
  context: OperationContext,
  entries: readonly DeletionEntry[],
): Promise<void> {
  const { rights, services } = context;
  const bucket = bucketOf(context);
  for (const [index, { key, versionId }] of entries.entries()) {
    // Others have their turn: a thousand judgements in one go are tens of milliseconds.
    if (index % judgedAtOnce === judgedAtOnce - 1) await services.world.timers.delay(0);
    const action = actionOnVersion('oss:DeleteObject', versionId !== undefined);
    const wanted: BucketAction = { action, bucket, key, accessClass: 'write' };
    const judgement = await rights.judge(wanted);
    // The row is only asked for where its ACL is all that is left to let the caller in.
    const first = judgement(undefined);
    const isByAcl = first.isAllowed ? first.by === 'acl' : first.because === 'implicit';
    const verdict = isByAcl ? judgement(await services.objects.findObject(bucket, key)) : first;
    if (!verdict.isAllowed) throw rights.refuse(wanted, verdict, true);
  }
}

/** Of a marker that was made, or that was removed (oss-semantics.md 1.5). */
function markerElements(markerId: string | undefined): XmlNode[] {
  if (markerId === undefined) return [];
  return [element('DeleteMarker', 'true'), element('DeleteMarkerVersionId', markerId)];
}

/** Objects that may not go yet are left out: the reference has no word for them. */
function render(
  { entries }: Deletion,
  results: readonly DeletionResult[],
  isUrlEncoded: boolean,
): HttpResponse {
  return xmlAnswer(
    element(
      'DeleteResult',
      isUrlEncoded ? element('EncodingType', 'url') : undefined,
      ...entries.map(({ key, versionId }, index) => {
        const result = results[index];
        if (result?.isProtected === true) return undefined;
        return element(
          'Deleted',
          element('Key', isUrlEncoded ? encodeUrl(key) : key),
          versionId === undefined ? undefined : element('VersionId', versionId),
          ...markerElements(result?.removed === 'marker' ? versionId : result?.markerId),
        );
      }),
    ),
  );
}
