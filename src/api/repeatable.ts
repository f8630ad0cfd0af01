/**
 * Which answers may be given again without asking the rooms: an object that everybody may read, on
 * a mapped domain, asked for without a signature or a query. It rests on the rows of the mapping
 * with its bucket, of the object, and of the bucket's documents, and on nothing else.
 */
import type { BucketDocumentName, Seen, SeenReads } from '../buckets/index.ts';
import type { HttpResponse } from '../http/index.ts';
import type { OperationContext } from './types.ts';

/**
 * Documents under which an answer depends only on what they say, as long as the request names no
 * origin. Any other one may look at the request, at the clock, or write the request down.
 */
const steady: readonly BucketDocumentName[] = [
  'access-monitor',
  'account-access-block',
  'callback-policy',
  'cors',
  'encryption',
  'inventories',
  'lifecycle',
  'overwrite',
  'public-access-block',
  'redundancy-transitions',
  'resource-group',
  'styles',
  'tags',
  'transfer-acceleration',
  'website',
  'worm',
];

/** Objects of other classes are readable for a time. */
const steadyClasses: readonly string[] = ['Standard', 'IA'];

type Mark = (response: HttpResponse, context: OperationContext) => Promise<HttpResponse>;

/**
 * To be called before anything but the mapping is read; `undefined` where no answer can be
 * repeated. What it gives back adds to an answer what it rests on, if it may be repeated. When
 * somebody commits in between, documents may have been read that are not what stands now, and the
 * answer is not repeated; rows tell that by being other rows.
 */
export function repeatableSince(asked: Asked, reads: SeenReads | undefined): Mark | undefined {
  if (reads === undefined || !isSteadyRequest(asked)) return undefined;
  const since = reads.moment();
  return async (response, context) => {
    const rows = await rowsBehind(response, context, reads);
    if (rows === undefined || reads.moment() !== since) return response;
    return { ...response, repeatable: { stands: () => reads.stand(rows) } };
  };
}

type Asked = Pick<OperationContext, 'request' | 'target' | 'caller' | 'operation'>;

/** Only what an operation looks at itself; headers are the business of whoever repeats. */
function isSteadyRequest({ request, target, caller, operation }: Asked): boolean {
  if (caller.kind !== 'anonymous' || target.addressing !== 'mapped-domain') return false;
  if (request.target !== request.rawPath) return false;
  return operation.access === 'object-read' || operation.anonymousAct !== undefined;
}

async function rowsBehind(
  response: HttpResponse,
  { request, target, bucket, notes, services }: OperationContext,
  reads: SeenReads,
): Promise<readonly Seen<unknown>[] | undefined> {
  const { mapping } = target;
  const { served } = notes;
  if (response.status !== 200 || mapping === undefined) return undefined;
  // Whether a connection for one name may ask for another rests on the other's rows as well.
  const { serverName = mapping.cname.domain } = request;
  if (serverName !== mapping.cname.domain) return undefined;
  if (bucket === undefined || served === undefined) return undefined;
  // A page in the place of what was asked for also rests on there being nothing.
  if (target.level === 'object' && served.key !== target.key) return undefined;
  if (!steadyClasses.includes(served.object.storageClass)) return undefined;
  if (!bucket.documents.every((name) => steady.includes(name))) return undefined;
  // Rules may look at the headers of the request.
  const website = await services.documents.find(bucket, 'website');
  if (website?.rules !== undefined && website.rules.length > 0) return undefined;
  const domain = reads.domain(mapping.cname.domain);
  const object = reads.object(bucket.id, served.key);
  if (domain?.value !== mapping || object?.value !== served.object) return undefined;
  const documents = bucket.documents.map((name) => reads.document(bucket.id, name));
  const rows: readonly (Seen<unknown> | undefined)[] = [domain, object, ...documents];
  return rows.every((row) => row !== undefined) ? rows : undefined;
}
