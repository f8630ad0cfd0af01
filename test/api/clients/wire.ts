/**
 * Requests as the official SDKs write them, byte for byte: sub-resource forms, header names in
 * their case and order, prologs, spacing of Authorization (clients.md, "CNAME operations, client by
 * client"). Only the signature itself is computed, by the tests' own signer.
 */
import { createHash } from 'node:crypto';
import { signHeaderV1, signHeaderV4, type TestCredentials } from '../../support/sign.ts';

/** One request of an SDK before it is written. */
export interface WireCall {
  readonly method: string;
  /** Value of Host. */
  readonly host: string;
  /** Path as written, e.g. `/shop-assets/` or `/`. */
  readonly path: string;
  /** What the signature names. */
  readonly bucket: string;
  readonly key?: string;
  readonly operation?: CnameOperation;
  /** For `get-token`. */
  readonly domain?: string;
  readonly body?: string;
  readonly credentials: TestCredentials;
  readonly at: number;
}

export type CnameOperation = 'put' | 'create-token' | 'get-token' | 'list' | 'delete';

type Query = Record<string, string | undefined>;
type Header = readonly [name: string, value: string];

/** How one SDK writes. */
export interface Sdk {
  readonly name: string;
  readonly scheme: 'v1' | 'v4';
  /** `cname` with or without an equals sign. */
  readonly emptyValue: undefined | '';
  /** GetCnameToken begins with `comp`. */
  readonly isCompFirst: boolean;
  /** Body of a CNAME call out of what stands below `Cname`. */
  body(cname: string): string;
  /** Headers in order; `authorization` stands for the signed one. */
  headers(call: { host: string; body: string | undefined; at: number }): readonly Header[];
  /** Authorization out of its parts. */
  authorization(parts: { id: string; scope: string; signature: string }): string;
  /** How its booleans look. */
  readonly yes: string;
  /** What stands below CertificateConfiguration beside a certificate, always. */
  readonly besideCertificate: string;
  /** V4: further headers it signs. */
  readonly additionalHeaders?: readonly string[];
}

export const md5Of = (text: string): string => createHash('md5').update(text).digest('base64');
const bare = (cname: string): string =>
  `<BucketCnameConfiguration><Cname>${cname}</Cname></BucketCnameConfiguration>`;
const isoDate = (at: number): string => new Date(at).toISOString().replace(/[-:]|\.\d+/g, '');
const length = (body: string): Header => ['Content-Length', String(Buffer.byteLength(body))];
const v1 = ({ id, signature }: { id: string; signature: string }): string =>
  `OSS ${id}:${signature}`;
const v4Tight = (parts: { id: string; scope: string; signature: string }): string =>
  `OSS4-HMAC-SHA256 Credential=${parts.id}/${parts.scope},Signature=${parts.signature}`;

const goV1Headers = (agent: string): Sdk['headers'] => {
  return ({ host, body, at }) => [
    ['Host', host],
    ['User-Agent', agent],
    ...(body === undefined ? [] : [length(body)]),
    ['Authorization', ''],
    ...(body === undefined ? [] : [['Content-Type', 'text/plain; charset=utf-8'] as const]),
    ['Date', new Date(at).toUTCString()],
    ['Accept-Encoding', 'gzip'],
  ];
};

const pythonV2Headers = (date: (at: number) => readonly Header[]): Sdk['headers'] => {
  return ({ host, body, at }) => [
    ['Host', host],
    ['Accept-Encoding', 'identity'],
    ['Accept', '*/*'],
    ['Connection', 'keep-alive'],
    ['Content-MD5', md5Of(body ?? '')],
    ['Content-Type', 'application/xml'],
    ['User-Agent', 'alibabacloud-python-sdk-v2/1.3.2 (Linux/6.1/x86_64;3.12)'],
    ...date(at),
    ['Authorization', ''],
    ...(body === undefined ? [] : [length(body)]),
  ];
};

export const sdks: readonly Sdk[] = [
  {
    name: 'Go v2',
    scheme: 'v4',
    emptyValue: undefined,
    isCompFirst: true,
    body: bare,
    headers: ({ host, body, at }) => [
      ['Host', host],
      ['User-Agent', 'alibabacloud-go-sdk-v2/1.5.1 (linux/-/amd64;go1.24)'],
      ...(body === undefined ? [] : [length(body)]),
      ['Authorization', ''],
      ['Content-Md5', md5Of(body ?? '')],
      ['Content-Type', 'application/xml'],
      ['Date', new Date(at).toUTCString()],
      ['X-Oss-Content-Sha256', 'UNSIGNED-PAYLOAD'],
      ['X-Oss-Date', isoDate(at)],
      ['Accept-Encoding', 'gzip'],
    ],
    authorization: v4Tight,
    yes: 'true',
    besideCertificate: '',
  },
  {
    name: 'Go v1',
    scheme: 'v1',
    emptyValue: undefined,
    isCompFirst: false,
    body: bare,
    headers: goV1Headers('aliyun-sdk-go/v3.0.2 (Linux/6.1/x86_64;go1.24)'),
    authorization: v1,
    yes: 'true',
    besideCertificate: '',
  },
  {
    name: 'ossutil v1',
    scheme: 'v1',
    emptyValue: undefined,
    isCompFirst: false,
    body: bare,
    headers: goV1Headers('aliyun-sdk-go/v3.0.2 (Linux/6.1/x86_64;go1.24)/ossutil-v1.7.19'),
    authorization: v1,
    yes: 'true',
    besideCertificate: '',
  },
  {
    name: 'Python v1',
    scheme: 'v4',
    emptyValue: '',
    isCompFirst: false,
    body: bare,
    headers: ({ host, body, at }) => [
      ['Host', host],
      ['User-Agent', 'aliyun-sdk-python/2.19.1(Linux/6.1/x86_64;3.12)'],
      ['Accept-Encoding', 'identity'],
      ['Accept', '*/*'],
      ['Connection', 'keep-alive'],
      ['x-oss-date', isoDate(at)],
      ['x-oss-content-sha256', 'UNSIGNED-PAYLOAD'],
      ['authorization', ''],
      ...(body === undefined ? [] : [length(body)]),
    ],
    authorization: ({ id, scope, signature }) =>
      `OSS4-HMAC-SHA256 Credential=${id}/${scope}, Signature=${signature}`,
    yes: 'True',
    besideCertificate: '<DeleteCertificate>False</DeleteCertificate>',
  },
  {
    name: 'Python v2, V4',
    scheme: 'v4',
    emptyValue: '',
    isCompFirst: true,
    body: bare,
    headers: pythonV2Headers((at) => [
      ['x-oss-date', isoDate(at)],
      ['x-oss-content-sha256', 'UNSIGNED-PAYLOAD'],
    ]),
    authorization: v4Tight,
    yes: 'true',
    besideCertificate: '',
  },
  {
    name: 'Python v2, V1',
    scheme: 'v1',
    emptyValue: '',
    isCompFirst: true,
    body: bare,
    headers: pythonV2Headers((at) => [['Date', new Date(at).toUTCString()]]),
    authorization: v1,
    yes: 'true',
    besideCertificate: '',
  },
  {
    name: 'PHP 2.7',
    scheme: 'v1',
    emptyValue: undefined,
    isCompFirst: false,
    body: (cname) => `<?xml version="1.0" encoding="utf-8"?>\n${bare(cname)}\n`,
    headers: ({ host, body, at }) => [
      ['Host', host],
      ['Accept-Encoding', ''],
      ['User-Agent', 'aliyun-sdk-php/2.7.3 (Linux/6.1/x86_64;8.3)'],
      ['Accept', '*/*'],
      ...(body === undefined
        ? ([
            ['Content-Type', 'application/octet-stream'],
            ['Content-Length', '0'],
          ] as const)
        : ([
            ['Content-Md5', md5Of(body)],
            ['Content-Type', 'application/xml'],
            length(body),
          ] as const)),
      ['Date', new Date(at).toUTCString()],
      ['Authorization', ''],
    ],
    authorization: v1,
    yes: 'true',
    besideCertificate: '',
  },
];

/** The query of an operation in the SDK's own form and order. */
function queryOf(sdk: Sdk, { operation, domain = '' }: WireCall): Query {
  const { emptyValue } = sdk;
  switch (operation) {
    case 'put':
      return { cname: emptyValue, comp: 'add' };
    case 'create-token':
      return { cname: emptyValue, comp: 'token' };
    case 'delete':
      return { cname: emptyValue, comp: 'delete' };
    case 'list':
      return { cname: emptyValue };
    case 'get-token':
      return sdk.isCompFirst ? { comp: 'token', cname: domain } : { cname: domain, comp: 'token' };
    default:
      return {};
  }
}

/** The request as bytes, signed. */
export function writeAs(sdk: Sdk, call: WireCall): Buffer {
  const { at, body, credentials, host } = call;
  const query = queryOf(sdk, call);
  const headers = sdk.headers({ host, body, at });
  const signed: Record<string, string> = {};
  for (const [name, value] of headers) {
    if (!/^(host|authorization|content-length)$/i.test(name)) signed[name] = value;
  }
  const sign = sdk.scheme === 'v1' ? signHeaderV1 : signHeaderV4;
  const { authorization = '' } = sign({
    method: call.method,
    host,
    bucket: call.bucket,
    key: call.key ?? '',
    query,
    headers: signed,
    credentials,
    at,
    additionalHeaders: [...(sdk.additionalHeaders ?? [])],
  }).headers;
  const scope = `${isoDate(at).slice(0, 8)}/cn-hangzhou/oss/aliyun_v4_request`;
  const signature = authorization.slice(authorization.search(/[:=][^:=]+=*$/) + 1);
  const value = sdk.authorization({ id: credentials.accessKeyId, scope, signature });
  const lines = headers.map(
    ([name, text]) => `${name}: ${/^authorization$/i.test(name) ? value : text}\r\n`,
  );
  const parts = Object.entries(query).map(([name, text]) =>
    text === undefined ? name : `${name}=${text}`,
  );
  const target = call.path + (parts.length > 0 ? `?${parts.join('&')}` : '');
  const head = `${call.method} ${target} HTTP/1.1\r\n${lines.join('')}\r\n`;
  return Buffer.concat([Buffer.from(head, 'latin1'), Buffer.from(body ?? '')]);
}
