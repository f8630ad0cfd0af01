/**
 * The five CNAME operations as typed calls. Works against cnamed and against Alibaba Cloud OSS;
 * holds no connection and no state between calls.
 */
import { createHash } from 'node:crypto';
import { signV4 } from '../signing/index.ts';
import { realWorld } from '../world/index.ts';
import { addressOf, parseEndpoint } from './address.ts';
import {
  readError,
  readList,
  readToken,
  renderDomain,
  renderPutCname,
  requestIdOf,
} from './documents.ts';
import { CnameError } from './error.ts';
import { type Answer, type Exchange, nodeTransport } from './transport.ts';
import type {
  Answered,
  CnameClientOptions,
  CnameList,
  CnameToken,
  DomainCall,
  PutCnameCall,
} from './types.ts';

const timeoutMsDefault = 30_000;
/** First wait between attempts; it doubles up to the largest. */
const retryWaitMs = 250;
const retryWaitMsMax = 10_000;

interface Call {
  readonly method: 'GET' | 'POST';
  /** In wire order; an empty value is sent as the bare name. */
  readonly query: readonly (readonly [name: string, value: string])[];
  readonly body: string;
  readonly bucket: string | undefined;
  readonly signal: AbortSignal | undefined;
}

export class CnameClient {
  readonly #options: CnameClientOptions;
  readonly #endpoint: URL;

  /** Throws a TypeError when the endpoint is no address. */
  constructor(options: CnameClientOptions) {
    this.#options = options;
    this.#endpoint = parseEndpoint(options.endpoint);
  }

  /** The token to publish at `txtName`. Asked again within its life it is the same token. */
  async createCnameToken(call: DomainCall): Promise<CnameToken> {
    return readToken(await this.#post('token', renderDomain(call.domain), call));
  }

  /** The live token; `CnameTokenNotFound` when there is none, it expired or it was used. */
  async getCnameToken(call: DomainCall): Promise<CnameToken> {
    const query = [
      ['comp', 'token'],
      ['cname', call.domain],
    ] as const;
    return readToken(await this.#send({ ...this.#from(call), method: 'GET', query, body: '' }));
  }

  /** After this the domain is mapped and its certificate is as `certificateConfiguration` says. */
  async putCname(call: PutCnameCall): Promise<Answered> {
    return { requestId: requestIdOf(await this.#post('add', renderPutCname(call), call)) };
  }

  /** Every domain of the bucket, each with its certificate. */
  async listCname(call: Omit<DomainCall, 'domain'> = {}): Promise<CnameList> {
    const query = [['cname', '']] as const;
    return readList(await this.#send({ ...this.#from(call), method: 'GET', query, body: '' }));
  }

  /** After this the domain is not mapped to the bucket, whether it was or not. */
  async deleteCname(call: DomainCall): Promise<Answered> {
    return { requestId: requestIdOf(await this.#post('delete', renderDomain(call.domain), call)) };
  }

  #from(call: Omit<DomainCall, 'domain'>): Pick<Call, 'bucket' | 'signal'> {
    return { bucket: call.bucket, signal: call.signal };
  }

  #post(comp: 'add' | 'token' | 'delete', body: string, call: DomainCall): Promise<Answer> {
    const query = [
      ['cname', ''],
      ['comp', comp],
    ] as const;
    return this.#send({ ...this.#from(call), method: 'POST', query, body });
  }

  async #send(call: Call): Promise<Answer> {
    const attempts = 1 + (this.#options.retries ?? 0);
    const timers = this.#options.timers ?? realWorld.timers;
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.#attempt(call);
      } catch (error) {
        if (attempt >= attempts || !mayRetry(error) || call.signal?.aborted) throw error;
        await timers.delay(waitBefore(attempt, error), call.signal);
      }
    }
  }

  async #attempt(call: Call): Promise<Answer> {
    const transport = this.#options.transport ?? nodeTransport;
    const answer = await transport(this.#exchangeOf(call));
    if (answer.status >= 200 && answer.status < 300) return answer;
    throw readError(answer);
  }

  #exchangeOf(call: Call): Exchange {
    const options = this.#options;
    const bucket = bucketOf(call.bucket ?? options.bucket);
    const { url } = addressOf(this.#endpoint, bucket, options.addressing ?? 'auto');
    url.search = call.query.map(writeParameter).join('&');
    const body = Buffer.from(call.body, 'utf8');
    const headers = signV4({
      method: call.method,
      bucket,
      key: '',
      query: call.query.map(([name, value]) => ({ name, value })),
      headers: call.method === 'POST' ? bodyHeaders(body) : {},
      at: (options.clock ?? realWorld.clock).now(),
      region: options.region,
      credentials: options,
    });
    return {
      method: call.method,
      url,
      headers,
      body,
      ca: options.ca,
      timeoutMs: options.timeoutMs ?? timeoutMsDefault,
      signal: call.signal,
    };
  }
}

/** What could be no bucket would change the address, so it never gets into one. */
function bucketOf(bucket: string | undefined): string {
  if (bucket !== undefined && /^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$/.test(bucket)) return bucket;
  throw new TypeError(
    bucket === undefined
      ? 'No bucket: name one in the call or in the options of the client.'
      : `"${bucket}" is no bucket name: 3 to 63 small letters, digits and hyphens.`,
  );
}

function writeParameter([name, value]: readonly [string, string]): string {
  return value === '' ? name : `${name}=${encodeURIComponent(value)}`;
}

function bodyHeaders(body: Buffer): Record<string, string> {
  return {
    'content-type': 'application/xml',
    'content-length': String(body.length),
    'content-md5': createHash('md5').update(body).digest('base64'),
  };
}

function mayRetry(error: unknown): boolean {
  if (!(error instanceof CnameError)) return false;
  return error.status >= 500 || error.code === 'ConnectionFailed' || error.code === 'TimedOut';
}

function waitBefore(attempt: number, error: unknown): number {
  const asked = error instanceof CnameError ? error.retryAfterSeconds : undefined;
  const wait = asked === undefined ? retryWaitMs * 2 ** (attempt - 1) : asked * 1000;
  return Math.min(wait, retryWaitMsMax);
}
