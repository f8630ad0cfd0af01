/**
 * The story of one request, top to bottom; each line a room (docs/life-of-a-request.md).
 * Whatever throws on the way becomes an answer in exactly one place: `refuse`.
 */
import {
  applyForcedDownload,
  authorise,
  createRights,
  isRequesterCharged,
  matchOperation,
  noteCharge,
  type Operation,
  renderError,
  type Services,
  type Target,
  toOssError,
} from './api/index.ts';
import type { Authenticator } from './auth/index.ts';
import { OssError } from './errors/index.ts';
import { type HostResolver, parseTarget } from './hosts/index.ts';
import type { Handler, HttpRequest, HttpResponse } from './http/index.ts';
import { isStsRequest, type Sts } from './sts/index.ts';
import { isConnectionForHost } from './tls/index.ts';

export interface PipelineRooms {
  readonly hosts: HostResolver;
  readonly authenticator: Authenticator;
  readonly services: Services;
  readonly sts: Sts;
  /** Told of every failure that is the server's own; the caller only gets a request id. */
  readonly onInternalError: (problem: unknown, request: HttpRequest) => void;
}

export function createPipeline(rooms: PipelineRooms): Handler {
  async function answer(request: HttpRequest): Promise<HttpResponse> {
    const resolved = await rooms.hosts.resolve(request.host);
    const target = parseTarget(resolved, request);
    await checkConnection(request, target, rooms);
    // Temporary credentials are asked for at the same door, in forms that nothing else has.
    if (target.level === 'service' && isStsRequest(request)) return await rooms.sts(request);
    const operation = await match(request, target);
    checkAddressing(operation, target);
    const caller = await rooms.authenticator.authenticate(request, target);
    const { services } = rooms;
    const rights = createRights(request, caller, services);
    const asked = { request, target, operation, caller, rights, services };
    const grant = await authorise(asked);
    const context = { ...asked, marker: undefined, ...grant };
    const isCharged = await isRequesterCharged(context, grant.bucket);
    const act =
      caller.kind === 'anonymous' && operation.anonymousAct
        ? operation.anonymousAct
        : operation.act;
    return noteCharge(applyForcedDownload(await act(context), context), isCharged);
  }

  /**
   * A client that names its bucket twice asks for what no row has; its signature tells, and then
   * the refusal can name the setting. So a signed request is told of its signature first.
   */
  async function match(request: HttpRequest, target: Target): Promise<Operation> {
    try {
      return matchOperation(request, target.level);
    } catch (problem) {
      if (target.level !== 'service') await rooms.authenticator.authenticate(request, target);
      throw problem;
    }
  }

  function refuse(problem: unknown, request: HttpRequest): HttpResponse {
    const error = toOssError(problem);
    if (error.status >= 500) rooms.onInternalError(problem, request);
    return renderError(error, request);
  }

  return async (request) => {
    try {
      return await answer(request);
    } catch (problem) {
      return refuse(problem, request);
    }
  };
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
