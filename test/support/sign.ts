/**
 * Signs raw requests for tests. Written on its own, not on src/signing, so that a mistake there
 * does not sign and verify itself; test/rooms/signing holds both against the published vectors.
 */
import { createHash, createHmac } from 'node:crypto';
import { testEpoch } from './world.ts';

export interface TestCredentials {
  accessKeyId: string;
  accessKeySecret: string;
  securityToken?: string;
}

export interface RequestToSign {
  /** Default GET. */
  method?: string;
  /** Value of the Host header, port included. */
  host: string;
  /** Bucket as it is signed; empty for the service. */
  bucket?: string;
  /** Decoded key; empty for the bucket itself. */
  key?: string;
  /** `virtual`: the path is `/key`; `path`: the path is `/bucket/key`. Default `path`. */
  style?: 'path' | 'virtual';
  /** Replaces the path that `style` gives; already percent-encoded. */
  path?: string;
  /** In wire order; `undefined` is sent without `=`. */
  query?: Record<string, string | undefined>;
  /** Values are byte strings (latin1). */
  headers?: Record<string, string>;
  credentials: TestCredentials;
  /** Milliseconds since 1970; default the epoch of the test world. */
  at?: number;
  /** V4 only; default `cn-hangzhou`. */
  region?: string;
  /** V4 only: further headers to sign. */
  additionalHeaders?: string[];
}

export interface SignedRequest {
  method: string;
  /** Request target in origin form. */
  target: string;
  /** Lower-case names; `host` is among them. */
  headers: Record<string, string>;
}

export interface SignedUrl extends SignedRequest {
  /** `http://host/target` */
  url: string;
}

type Pair = [name: string, value: string | undefined];

const encode = (text: string): string =>
  Buffer.from(text, 'utf8').reduce((out, byte) => {
    const character = String.fromCharCode(byte);
    if (/[A-Za-z0-9\-._~]/.test(character)) return out + character;
    return `${out}%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
  }, '');

const encodePath = (path: string): string => path.split('/').map(encode).join('/');
const sha256 = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');
const hmac = (key: string | Buffer, data: string | Buffer): Buffer =>
  createHmac('sha256', key).update(data).digest();
const basicIso = (at: number): string => new Date(at).toISOString().replace(/[-:]|\.\d+/g, '');

// What V1 signs of the query; x-oss-… counts always. Long enough for what tests send.
const signedV1 = new Set(
  `acl append position seal delete uploads uploadId partNumber sequential objectMeta symlink tagging
  restore cleanRestoredObject versionId versions versioning callback callback-var asyncFetch
  response-content-type response-content-language response-expires response-cache-control
  response-content-disposition response-content-encoding location bucketInfo stat cors website
  referer lifecycle logging policy policyStatus publicAccessBlock encryption httpsConfig
  requestPayment transferAcceleration resourceGroup inventory inventoryId continuation-token worm
  wormId wormExtend objectWorm replication replicationLocation replicationProgress rtc metaQuery
  style styleName img qos qosInfo accessPoint cname comp live vod status startTime endTime
  regionList regions security-token udf`.split(/\s+/),
);

function prepare(request: RequestToSign) {
  const { bucket = '', key = '', style = 'path' } = request;
  const path =
    request.path ??
    (style === 'path' && bucket !== '' ? `/${bucket}/${encodePath(key)}` : `/${encodePath(key)}`);
  const headers: Record<string, string> = { host: request.host };
  for (const [name, value] of Object.entries(request.headers ?? {})) {
    headers[name.toLowerCase()] = value;
  }
  return {
    method: request.method ?? 'GET',
    path,
    headers,
    resource: bucket === '' ? `/${key}` : `/${bucket}/${key}`,
    query: Object.entries(request.query ?? {}) as Pair[],
    at: request.at ?? testEpoch,
    region: request.region ?? 'cn-hangzhou',
    additional: (request.additionalHeaders ?? []).map((name) => name.toLowerCase()).sort(),
  };
}

type Prepared = ReturnType<typeof prepare>;

function targetOf(path: string, query: Pair[]): string {
  if (query.length === 0) return path;
  const parts = query.map(([name, value]) =>
    value === undefined ? encode(name) : `${encode(name)}=${encode(value)}`,
  );
  return `${path}?${parts.join('&')}`;
}

function stringToSignV1(prepared: Prepared, date: string): Buffer {
  const { headers, method } = prepared;
  const ossHeaders = Object.keys(headers)
    .filter((name) => name.startsWith('x-oss-'))
    .sort()
    .map((name) => `${name}:${headers[name]}\n`);
  const query = prepared.query
    .filter(([name]) => signedV1.has(name) || name.startsWith('x-oss-'))
    .map(([name, value]) => (value ? `${name}=${value}` : name))
    .sort();
  const resource = prepared.resource + (query.length > 0 ? `?${query.join('&')}` : '');
  const md5 = headers['content-md5'] ?? '';
  const head = [method, md5, headers['content-type'] ?? '', date, ossHeaders.join('')].join('\n');
  return Buffer.concat([Buffer.from(head, 'latin1'), Buffer.from(resource, 'utf8')]);
}

function signatureV4(prepared: Prepared, date: string, secret: string): string {
  const { headers, additional, region } = prepared;
  const query = prepared.query
    .map(([name, value]) => (value ? `${encode(name)}=${encode(value)}` : encode(name)))
    .sort((left, right) => {
      const [leftName = '', rightName = ''] = [left.split('=')[0], right.split('=')[0]];
      return leftName < rightName ? -1 : leftName > rightName ? 1 : 0;
    });
  const signed = Object.keys(headers)
    .filter(
      (name) => /^(content-type|content-md5|x-oss-.*)$/.test(name) || additional.includes(name),
    )
    .sort()
    .map((name) => `${name}:${headers[name]}\n`);
  const canonical = [
    prepared.method,
    encodePath(prepared.resource),
    query.join('&'),
    signed.join(''),
    additional.join(';'),
    headers['x-oss-content-sha256'] ?? 'UNSIGNED-PAYLOAD',
  ].join('\n');
  const day = date.slice(0, 8);
  const scope = `${day}/${region}/oss/aliyun_v4_request`;
  const hashed = sha256(Buffer.from(canonical, 'latin1'));
  const text = `OSS4-HMAC-SHA256\n${date}\n${scope}\n${hashed}`;
  const key = [day, region, 'oss', 'aliyun_v4_request'].reduce<string | Buffer>(
    (parent, part) => hmac(parent, part),
    `aliyun_v4${secret}`,
  );
  return hmac(key, text).toString('hex');
}

/** V1 in the Authorization header; adds `x-oss-date` unless a date header is given. */
export function signHeaderV1(request: RequestToSign): SignedRequest {
  const prepared = prepare(request);
  const { headers } = prepared;
  const { accessKeyId, accessKeySecret, securityToken } = request.credentials;
  if (securityToken) headers['x-oss-security-token'] = securityToken;
  if (!headers['x-oss-date'] && !headers.date) {
    headers['x-oss-date'] = new Date(prepared.at).toUTCString();
  }
  const text = stringToSignV1(prepared, headers['x-oss-date'] ?? headers.date ?? '');
  const signature = createHmac('sha1', accessKeySecret).update(text).digest('base64');
  headers.authorization = `OSS ${accessKeyId}:${signature}`;
  return { method: prepared.method, target: targetOf(prepared.path, prepared.query), headers };
}

/** V4 in the Authorization header. */
export function signHeaderV4(request: RequestToSign): SignedRequest {
  const prepared = prepare(request);
  const { headers, region, additional } = prepared;
  const { accessKeyId, accessKeySecret, securityToken } = request.credentials;
  if (securityToken) headers['x-oss-security-token'] = securityToken;
  const date = headers['x-oss-date'] ?? basicIso(prepared.at);
  headers['x-oss-date'] = date;
  headers['x-oss-content-sha256'] ??= 'UNSIGNED-PAYLOAD';
  const signature = signatureV4(prepared, date, accessKeySecret);
  const listed = additional.length > 0 ? `AdditionalHeaders=${additional.join(';')},` : '';
  const scope = `${date.slice(0, 8)}/${region}/oss/aliyun_v4_request`;
  headers.authorization = `OSS4-HMAC-SHA256 Credential=${accessKeyId}/${scope},${listed}Signature=${signature}`;
  return { method: prepared.method, target: targetOf(prepared.path, prepared.query), headers };
}

function finishUrl(prepared: Prepared, query: Pair[]): SignedUrl {
  const { method, path, headers } = prepared;
  const target = targetOf(path, query);
  return { method, target, headers, url: `http://${headers.host}${target}` };
}

/** V1 in the URL, good until `expiresInSeconds` (default 60) after `at`. */
export function signUrlV1(request: RequestToSign & { expiresInSeconds?: number }): SignedUrl {
  const prepared = prepare(request);
  const { accessKeyId, accessKeySecret, securityToken } = request.credentials;
  if (securityToken) prepared.query.push(['security-token', securityToken]);
  const expires = String(Math.floor(prepared.at / 1000) + (request.expiresInSeconds ?? 60));
  const text = stringToSignV1(prepared, expires);
  const signature = createHmac('sha1', accessKeySecret).update(text).digest('base64');
  return finishUrl(prepared, [
    ...prepared.query,
    ['OSSAccessKeyId', accessKeyId],
    ['Expires', expires],
    ['Signature', signature],
  ]);
}

/** V4 in the URL, good for `expiresInSeconds` (default 60) from `at`. */
export function signUrlV4(request: RequestToSign & { expiresInSeconds?: number }): SignedUrl {
  const prepared = prepare(request);
  const { accessKeyId, accessKeySecret, securityToken } = request.credentials;
  const date = basicIso(prepared.at);
  const scope = `${date.slice(0, 8)}/${prepared.region}/oss/aliyun_v4_request`;
  prepared.query.push(
    ['x-oss-signature-version', 'OSS4-HMAC-SHA256'],
    ['x-oss-credential', `${accessKeyId}/${scope}`],
    ['x-oss-date', date],
    ['x-oss-expires', String(request.expiresInSeconds ?? 60)],
  );
  if (securityToken) prepared.query.push(['x-oss-security-token', securityToken]);
  if (prepared.additional.length > 0) {
    prepared.query.push(['x-oss-additional-headers', prepared.additional.join(';')]);
  }
  const signature = signatureV4(prepared, date, accessKeySecret);
  return finishUrl(prepared, [...prepared.query, ['x-oss-signature', signature]]);
}

/** The request as bytes for a raw socket, with Content-Length and `Connection: close`. */
export function requestBytes(signed: SignedRequest, body: string | Uint8Array = ''): Buffer {
  const content = Buffer.from(body as string);
  const headers: Record<string, string> = { ...signed.headers, connection: 'close' };
  if (content.length > 0 || /^(PUT|POST)$/.test(signed.method)) {
    headers['content-length'] = String(content.length);
  }
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  const head = `${signed.method} ${signed.target} HTTP/1.1\r\n${lines.join('')}\r\n`;
  return Buffer.concat([Buffer.from(head, 'latin1'), content]);
}
