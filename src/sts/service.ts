/** One request from its bytes to its answer. */
import type { Accounts } from '../accounts/index.ts';
import { StsError } from '../errors/index.ts';
import type { HttpRequest, HttpResponse } from '../http/index.ts';
import type { World } from '../world/index.ts';
import { assumeRole, type RoleParts } from './assume-role.ts';
import { authenticate } from './authenticate.ts';
import { getCallerIdentity } from './caller-identity.ts';
import { createNonces } from './nonces.ts';
import { present } from './presented.ts';
import { type Answer, formatOf, render } from './render.ts';
import { type Parameters, readRequest } from './request.ts';

export interface StsParts extends RoleParts {
  readonly accounts: Pick<
    Accounts,
    'findKey' | 'openToken' | 'findRoleOf' | 'findGrants' | 'issueSession'
  >;
  readonly world: Pick<World, 'clock'>;
}

/** Answers refusals of its own itself; rejects with what is no matter of this service. */
export type Sts = (request: HttpRequest) => Promise<HttpResponse>;

const operations: readonly string[] = ['AssumeRole', 'GetCallerIdentity'];

export function createSts(parts: StsParts): Sts {
  const nonces = createNonces();

  async function act(
    request: HttpRequest,
    read: Awaited<ReturnType<typeof readRequest>>,
  ): Promise<{ action: string; answer: Answer }> {
    const now = parts.world.clock.now();
    const presented = present(request, read, now);
    const { action, accessKeyId, nonce } = presented;
    const caller = await authenticate(presented, parts.accounts, now);
    nonces.take(accessKeyId, nonce, now);
    if (!operations.includes(action)) throw new StsError('InvalidAction.NotFound');
    const answer =
      action === 'AssumeRole'
        ? await assumeRole(request, read.parameters, caller, parts, now)
        : getCallerIdentity(caller);
    return { action, answer };
  }

  return async (request) => {
    let parameters: Parameters | undefined;
    try {
      const read = await readRequest(request);
      parameters = read.parameters;
      const { action, answer } = await act(request, read);
      return render(200, `${action}Response`, answer, request, formatOf(request, parameters));
    } catch (problem) {
      if (!(problem instanceof StsError)) throw problem;
      const { status, code, message } = problem;
      const answer = { HostId: request.host, Code: code, Message: message };
      return render(status, 'Error', answer, request, formatOf(request, parameters));
    }
  };
}
