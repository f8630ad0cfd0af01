/**
 * The story of one request, top to bottom; each line a room (docs/life-of-a-request.md).
 * Whatever throws on the way becomes an answer in exactly one place: `refuse`.
 */

import type { AccessLog } from './access-log/index.ts';
import {
  answerCallbackKey,
  answerRefusedPage,
  applyCrossOrigin,
  applyForcedDownload,
  authorise,
  callerId,
  createRights,
  type Grant,
  isCallbackKeyRequest,
  isRequesterCharged,
  matchOperation,
  noteCharge,
  type Operation,
  type RequestNotes,
  renderError,
  repeatableSince,
  type Services,
  type Target,
  toOssError,
} from './api/index.ts';
import type { Caller } from './auth/index.ts';
import type { Bucket, SeenReads, StoredObject } from './buckets/index.ts';
import { OssError } from './errors/index.ts';
import { type HostResolver, parseTarget } from './hosts/index.ts';
import type { Handler, HttpRequest, HttpResponse } from './http/index.ts';
import { isStsRequest, type Sts } from './sts/index.ts';
import { isConnectionForHost } from './tls/index.ts';

export interface PipelineRooms {
  readonly hosts: HostResolver;
  readonly services: Services;
  readonly accessLog: Pick<AccessLog, 'begin'>;
  readonly sts: Sts;
  /** Where the engine has them, answers of objects are marked as repeatable. */
  readonly seen: SeenReads | undefined;
  /** Told of every failure that is the server's own; the caller only gets a request id. */
  readonly onInternalError: (problem: unknown, request: HttpRequest) => void;
}

/** How far a request came: what is added to its answer depends on it, refused or not. */
interface Reached {
  target: Target | undefined;
  bucket: Bucket | undefined;
  operation: Operation | undefined;
  caller: Caller;
  object: StoredObject | undefined;
  /** Why it was refused, where the answer is a page all the same. */
  errorCode: string | undefined;
  readonly notes: RequestNotes;
}

const anonymous: Caller = { kind: 'anonymous' };

export function createPipeline(rooms: PipelineRooms): Handler {
  async function answer(request: HttpRequest, reached: Reached): Promise<HttpResponse> {
    const resolved = await rooms.hosts.resolve(request.host);
    if (resolved.kind === 'endpoint' && isCallbackKeyRequest(request)) {
      return await answerCallbackKey(rooms.services);
    }
    const target = parseTarget(resolved, request);
    reached.target = target;
    await checkConnection(request, target, rooms);
    // Temporary credentials are asked for at the same door, in forms that nothing else has.
    if (target.level === 'service' && isStsRequest(request)) return await rooms.sts(request);
    const operation = await match(request, target, rooms.services);
    reached.operation = operation;
    checkAddressing(operation, target);
    // A preflight may carry the signature of the request it asks about, and a form its own.
    const caller: Caller =
      operation.method === 'OPTIONS' || operation.isSignedInForm
        ? anonymous
        : await rooms.services.authenticator.authenticate(request, target);
    reached.caller = caller;
    const { services } = rooms;
    const rights = createRights(request, caller, services);
    const known = { request, target, operation, caller, rights, services };
    const asked = { ...known, marker: undefined, notes: reached.notes };
    const mark = repeatableSince(known, rooms.seen);
    let grant: Grant;
    try {
      grant = await authorise(asked);
    } catch (problem) {
      const error = toOssError(problem);
      const bucket = await bucketOfRefusal(error, reached, services);
      reached.bucket = bucket;
      reached.errorCode = error.code;
      return await answerRefusedPage(problem, { ...asked, bucket, object: undefined });
    }
    const { bucket, object, marker } = grant;
    reached.bucket = bucket;
    reached.object = object;
    const context = { ...asked, bucket, object, marker };
    const isCharged = await isRequesterCharged(context, bucket);
    const act =
      caller.kind === 'anonymous' && operation.anonymousAct
        ? operation.anonymousAct
        : operation.act;
    const answer = noteCharge(applyForcedDownload(await act(context), context), isCharged);
    return mark === undefined ? answer : await mark(answer, context);
  }

  async function refuse(
    problem: unknown,
    request: HttpRequest,
    reached: Reached,
  ): Promise<HttpResponse> {
    const error = toOssError(problem);
    if (error.status >= 500) rooms.onInternalError(problem, request);
    const findBucket = async (): Promise<Bucket | undefined> => {
      const bucket = await bucketOfRefusal(error, reached, rooms.services);
      noteAccess(rooms, request, reached, bucket, error.code);
      return bucket;
    };
    return await allowCrossOrigin(renderError(error, request), request, findBucket, rooms);
  }

  return async (request) => {
    const reached = startOf();
    try {
      const response = await answer(request, reached);
      const { bucket } = reached;
      noteAccess(rooms, request, reached, bucket, reached.errorCode);
      if (!bucket?.documents.includes('cors')) return response;
      return await allowCrossOrigin(response, request, async () => bucket, rooms);
    } catch (problem) {
      return await refuse(problem, request, reached);
    }
  };
}

/**
 * A client that names its bucket twice asks for what no row has; its signature tells, and then
 * the refusal can name the setting. So a signed request is told of its signature first.
 */
async function match(
  request: HttpRequest,
  target: Target,
  { authenticator }: Pick<Services, 'authenticator'>,
): Promise<Operation> {
  try {
    return matchOperation(request, target.level);
  } catch (problem) {
    if (target.level !== 'service') {
      await authenticator.authenticate(request, target);
    }
    throw problem;
  }
}

function startOf(): Reached {
  return {
    target: undefined,
    bucket: undefined,
    operation: undefined,
    caller: anonymous,
    object: undefined,
    errorCode: undefined,
    notes: {},
  };
}

/** A line of the bucket's access log begins; free for a bucket that has none. */
function noteAccess(
  { accessLog }: PipelineRooms,
  request: HttpRequest,
  reached: Reached,
  bucket: Bucket | undefined,
  errorCode: string | undefined,
): void {
  if (!bucket?.documents.includes('logging')) return;
  const { target, operation, object, notes } = reached;
  const caller = notes.caller ?? reached.caller;
  accessLog.begin(request, {
    bucket,
    key: notes.key ?? (target?.level === 'object' ? target.key : undefined),
    operation: operation?.name,
    requesterId: callerId(caller),
    accessKeyId: caller.kind === 'anonymous' ? undefined : caller.accessKeyId,
    errorCode,
    objectSize: notes.objectSize ?? object?.size,
    storageClass: notes.storageClass ?? object?.storageClass,
    deltaBytes: notes.deltaBytes,
  });
}

/** The bucket a refused request was about, if it can be told without asking twice in vain. */
async function bucketOfRefusal(
  error: OssError,
  { target, bucket }: Reached,
  services: Services,
): Promise<Bucket | undefined> {
  const known = bucket ?? target?.mapping?.bucket;
  if (known || !target || target.level === 'service') return known;
  if (error.status >= 500 || error.code === 'NoSuchBucket') return undefined;
  return await services.buckets.findBucket(target.bucket);
}

/** CORS fails no answer that is there already. */
async function allowCrossOrigin(
  response: HttpResponse,
  request: HttpRequest,
  findBucket: () => Promise<Bucket | undefined>,
  rooms: PipelineRooms,
): Promise<HttpResponse> {
  try {
    const bucket = await findBucket();
    if (bucket === undefined) return response;
    return await applyCrossOrigin(response, request, bucket, rooms.services);
  } catch (problem) {
    rooms.onInternalError(problem, request);
    return response;
  }
}

/**
 * A TLS session is no evidence of a tenant: Host was just looked up in the mapping table. What is
 * left is a connection opened under another name than the one it now asks for (security.md 5.4).
 */
async function checkConnection(
  request: HttpRequest,
  target: Target,
  rooms: PipelineRooms,
): Promise<void> {
  if (!request.isSecure || request.serverName === undefined) return;
  const isFit = await isConnectionForHost({
    serverName: request.serverName,
    host: request.host,
    mapping: target.mapping,
    findMappedDomain: (domain) => rooms.services.cnames.findMappedDomain(domain),
    findBoundCertificate: (domain) => rooms.services.certificates.findBoundCertificate(domain),
  });
  if (!isFit) throw new OssError('MisdirectedRequest', { closeConnection: true });
}

/** Buckets are made through an endpoint; a mapped domain is somebody's web site (ruling 19). */
function checkAddressing(operation: Operation, target: Target): void {
  if (target.addressing === 'mapped-domain' && operation.name === 'PutBucket') {
    throw new OssError('InvalidHostPutBucket');
  }
}
