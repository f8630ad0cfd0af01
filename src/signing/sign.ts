import { formatBasicIso, formatHttpDate } from './dates.ts';
import type { QueryPair, SignableRequest } from './request.ts';
import { signatureV1, stringToSignV1 } from './v1.ts';
import {
  algorithmV4,
  canonicalRequestV4,
  scopeTextV4,
  signatureV4,
  signingKeyV4,
  stringToSignV4,
  unsignedPayload,
} from './v4.ts';

/** What a client signs with. */
export interface SigningCredentials {
  readonly accessKeyId: string;
  readonly accessKeySecret: string;
  /** Only with the key of a temporary credential. */
  readonly securityToken?: string | undefined;
}

export interface SignRequest extends SignableRequest {
  readonly credentials: SigningCredentials;
  /** Milliseconds since 1970: the time the signature bears. */
  readonly at: number;
}

export interface SignRequestV4 extends SignRequest {
  readonly region: string;
  /** Lower-case names of further headers to sign; those must be in `headers`. */
  readonly additionalHeaders?: readonly string[];
}

type Headers = Record<string, string>;

function withToken(headers: Readonly<Headers>, credentials: SigningCredentials): Headers {
  const token = credentials.securityToken;
  return token ? { ...headers, 'x-oss-security-token': token } : { ...headers };
}

/** The request's headers with everything added that makes it a V4 signed one. */
export function signV4(request: SignRequestV4): Headers {
  const timestamp = formatBasicIso(request.at);
  const scope = { date: timestamp.slice(0, 8), region: request.region };
  const headers = withToken(request.headers, request.credentials);
  headers['x-oss-date'] = timestamp;
  headers['x-oss-content-sha256'] = unsignedPayload;
  const additionalHeaders = request.additionalHeaders ?? [];
  const canonical = canonicalRequestV4({ ...request, headers }, { additionalHeaders });
  const key = signingKeyV4(request.credentials.accessKeySecret, scope);
  const parts = [`Credential=${request.credentials.accessKeyId}/${scopeTextV4(scope)}`];
  if (additionalHeaders.length > 0) {
    parts.push(`AdditionalHeaders=${[...additionalHeaders].sort().join(';')}`);
  }
  parts.push(`Signature=${signatureV4(key, stringToSignV4(timestamp, scope, canonical))}`);
  headers.authorization = `${algorithmV4} ${parts.join(',')}`;
  return headers;
}

/** The request's headers with everything added that makes it a V1 signed one. */
export function signV1(request: SignRequest): Headers {
  const headers = withToken(request.headers, request.credentials);
  const date = formatHttpDate(request.at);
  headers['x-oss-date'] = date;
  const text = stringToSignV1({ ...request, headers }, date);
  const { accessKeyId, accessKeySecret } = request.credentials;
  headers.authorization = `OSS ${accessKeyId}:${signatureV1(accessKeySecret, text)}`;
  return headers;
}

/** The whole query of a V4 signed URL that lives `expiresSeconds` from `at`. */
export function presignV4(request: SignRequestV4 & { expiresSeconds: number }): QueryPair[] {
  const timestamp = formatBasicIso(request.at);
  const scope = { date: timestamp.slice(0, 8), region: request.region };
  const { accessKeyId, accessKeySecret, securityToken } = request.credentials;
  const additionalHeaders = request.additionalHeaders ?? [];
  const query: QueryPair[] = [
    ...request.query,
    { name: 'x-oss-signature-version', value: algorithmV4 },
    { name: 'x-oss-credential', value: `${accessKeyId}/${scopeTextV4(scope)}` },
    { name: 'x-oss-date', value: timestamp },
    { name: 'x-oss-expires', value: String(request.expiresSeconds) },
  ];
  if (securityToken) query.push({ name: 'x-oss-security-token', value: securityToken });
  if (additionalHeaders.length > 0) {
    const value = [...additionalHeaders].sort().join(';');
    query.push({ name: 'x-oss-additional-headers', value });
  }
  const options = { additionalHeaders, isPresigned: true };
  const canonical = canonicalRequestV4({ ...request, query }, options);
  const text = stringToSignV4(timestamp, scope, canonical);
  const signature = signatureV4(signingKeyV4(accessKeySecret, scope), text);
  return [...query, { name: 'x-oss-signature', value: signature }];
}

/** The whole query of a V1 signed URL that is good until `expires`, Unix seconds. */
export function presignV1(request: Omit<SignRequest, 'at'> & { expires: number }): QueryPair[] {
  const { accessKeyId, accessKeySecret, securityToken } = request.credentials;
  const query = [...request.query];
  if (securityToken) query.push({ name: 'security-token', value: securityToken });
  const text = stringToSignV1({ ...request, query }, String(request.expires));
  return [
    ...query,
    { name: 'OSSAccessKeyId', value: accessKeyId },
    { name: 'Expires', value: String(request.expires) },
    { name: 'Signature', value: signatureV1(accessKeySecret, text) },
  ];
}
