import { type RefinementName, refine } from '../errors/index.ts';
import type { Dialer, OutboundAnswer } from '../outbound/index.ts';
import type { Sealer } from '../sealing/index.ts';
import type { SettingStore } from '../stores/index.ts';
import type { CallbackRequest } from './parameter.ts';
import { createSigningKey, type Digest, type FindSigningKey } from './signing-key.ts';
import { fillTemplate } from './template.ts';

/** oss-semantics.md 7.5: 5 s for each address, 1 MB of answer. */
const budgetMs = 5_000;
const answerBytesMax = 1024 * 1024;
/** What receivers see of the service. */
const userAgent = 'http-client/0.0.1';

/** Ours: calls under way at once; each may last as long as its addresses take. */
const callsMax = 256;

export type CallbackAnswer =
  /** The JSON text as it came: it is the answer to the upload. */
  | { readonly outcome: 'answered'; readonly body: Buffer }
  | {
      readonly outcome: 'failed';
      readonly message: string;
      readonly cause: Extract<RefinementName, 'callbackTimeout' | 'callbackNoJson'> | undefined;
    };

export interface Callbacks {
  /** Before anything is stored. @throws OssError InvalidArgument for a private address. */
  checkReachable(request: CallbackRequest): Promise<void>;
  /** Calls the addresses in their order until one has answered as it should. */
  call(
    request: CallbackRequest,
    values: ReadonlyMap<string, string | number>,
    headers: { readonly requestId: string; readonly bucket: string; readonly keyUrl: string },
  ): Promise<CallbackAnswer>;
  /** PEM of the key that signatures are verified with. */
  publicKeyPem(): Promise<string>;
}

export function createCallbacks(parts: {
  dialer: Dialer;
  settings: SettingStore;
  sealer: Sealer;
  digest?: Digest;
}): Callbacks {
  const { dialer } = parts;
  const findKey: FindSigningKey = createSigningKey(parts);
  let calls = 0;
  return {
    async checkReachable({ urls }) {
      for (const { hostname, href } of urls) {
        if (!(await dialer.isForbidden(hostname))) continue;
        throw refine('callbackPrivate', {
          message: 'Private address is forbidden to callback.',
          fields: { ArgumentName: 'callback', ArgumentValue: href },
        });
      }
    },
    async call(request, values, facts) {
      if (calls >= callsMax) return failure('Too many callback requests');
      calls += 1;
      try {
        return await callInTurn(dialer, await findKey(), request, values, facts);
      } finally {
        calls -= 1;
      }
    },
    publicKeyPem: async () => (await findKey()).publicPem,
  };
}

async function callInTurn(
  dialer: Dialer,
  key: Awaited<ReturnType<FindSigningKey>>,
  { urls, template, bodyType, host, isNameSent }: CallbackRequest,
  values: ReadonlyMap<string, string | number>,
  { requestId, bucket, keyUrl }: Parameters<Callbacks['call']>[2],
): Promise<CallbackAnswer> {
  const text = fillTemplate(template, bodyType, values);
  let answer: CallbackAnswer = failure('no address');
  for (const url of urls) {
    const headers = {
      ...(host === undefined ? {} : { Host: host }),
      'User-Agent': userAgent,
      'Content-Type': bodyType,
      Authorization: key.sign(signedText(url, text)),
      'x-oss-pub-key-url': Buffer.from(keyUrl).toString('base64'),
      'x-oss-request-id': requestId,
      'x-oss-bucket': bucket,
    };
    const body = Buffer.from(text, 'utf8');
    answer = judge(await dialer.post({ url, headers, body, isNameSent, budgetMs, answerBytesMax }));
    if (answer.outcome === 'answered') return answer;
  }
  return answer;
}

/** The decoded path, the query as it is sent, and the body (oss-semantics.md 7.5). */
function signedText({ pathname, search }: URL, body: string): string {
  return `${decoded(pathname)}${search}\n${body}`;
}

function decoded(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}

const noConnection = 'Error status : -1.OSS can not connect to your callbackUrl, please check it';
const noLength = 'Error status : 400.User serve return too long content-length value';

function judge(answer: OutboundAnswer): CallbackAnswer {
  if (answer.outcome === 'failed') {
    if (answer.reason === 'timeout') return failure('Cost too long time', 'callbackTimeout');
    return failure(answer.reason === 'too-large' ? noLength : noConnection);
  }
  const { status, headers, body } = answer;
  if (status !== 200) return failure(`Error status : ${status}.`);
  // One message for both: an answer that does not say how long it is, and one that is too long.
  if (headers['content-length'] === undefined) return failure(noLength);
  if (isJson(body)) return { outcome: 'answered', body };
  return failure('Response body is not valid json format', 'callbackNoJson');
}

function failure(
  message: string,
  cause: Extract<CallbackAnswer, { outcome: 'failed' }>['cause'] = undefined,
): CallbackAnswer {
  return { outcome: 'failed', message, cause };
}

function isJson(body: Buffer): boolean {
  try {
    JSON.parse(body.toString('utf8'));
    return true;
  } catch {
    return false;
  }
}
