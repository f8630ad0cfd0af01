/**
 * An S3 server in memory, small and strict, whose every answer can be spoiled: errors, resets, cut
 * and slow bodies. It checks Content-MD5 and part numbers, and shows nothing before it is whole.
 * It takes any signature: whether ours are good the other servers of test/contract/s3.test.ts say.
 */
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

export interface StoredBytes {
  readonly bytes: Buffer;
  readonly tag: string;
  readonly at: number;
}

export type S3Fault =
  | { readonly kind: 'status'; readonly status: number; readonly code: string }
  /** The request is carried out, and its answer never comes. */
  | { readonly kind: 'reset-after' }
  | { readonly kind: 'reset-before' }
  /** The head promises all, the body ends early. */
  | { readonly kind: 'cut' }
  /** The body comes in small pieces with pauses. */
  | { readonly kind: 'slow' }
  /** The request is carried out, and answered so much later. */
  | { readonly kind: 'late'; readonly ms: number }
  /** Nothing is done and nothing comes, until the server closes. */
  | { readonly kind: 'silent' };

export interface S3TestServer {
  readonly url: string;
  readonly port: number;
  /** By name, without the bucket. */
  readonly objects: Map<string, StoredBytes>;
  readonly uploads: Map<string, { key: string; at: number; parts: Map<number, StoredBytes> }>;
  /** Method and operation of every request that came. */
  readonly requests: string[];
  /** Asked for each request; what it returns happens to it. */
  fault: (operation: string) => S3Fault | undefined;
  /** Operations answered with NotImplemented. */
  readonly unknown: Set<string>;
  close(): Promise<void>;
}

export const s3TestKey = { accessKeyId: 'S3RVER', secretAccessKey: 'S3RVER' };

interface Answer {
  readonly status: number;
  readonly headers?: Record<string, string>;
  readonly body?: Buffer | string;
}

interface Exchange {
  readonly method: string;
  readonly key: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingMessage['headers'];
  readonly body: Buffer;
}

/** One bucket, `bucket`; listens on the loopback and keeps no process alive. */
export async function startS3Server(bucket = 'bucket'): Promise<S3TestServer> {
  const state: State = { objects: new Map(), uploads: new Map(), drawn: 0 };
  const requests: string[] = [];
  const unknown = new Set<string>();
  const server = createServer((request, response) => {
    exchange(request, response).catch(() => request.socket.destroy());
  });

  async function exchange(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', 'http://s3');
    const [, named = '', ...rest] = url.pathname.split('/');
    const key = decodeURIComponent(rest.join('/'));
    const method = request.method ?? 'GET';
    const operation = operationOf(method, key, url.searchParams, request.headers);
    requests.push(operation);
    const fault = started.fault(operation);
    if (fault?.kind === 'reset-before') return void request.socket.destroy();
    if (fault?.kind === 'silent') return;
    const body = Buffer.concat(await Array.fromAsync(request as AsyncIterable<Buffer>));
    if (fault?.kind === 'status') {
      return await send(response, method, refusal(fault.status, fault.code), undefined);
    }
    const asked = { method, key, query: url.searchParams, headers: request.headers, body };
    const answer = answerTo(named === bucket && !unknown.has(operation), operation, asked);
    if (fault?.kind === 'reset-after') return void request.socket.destroy();
    if (fault?.kind === 'late') await delay(fault.ms);
    await send(response, method, answer, fault);
  }

  function answerTo(isKnown: boolean, operation: string, asked: Exchange): Answer {
    if (unknown.has(operation)) return refusal(501, 'NotImplemented');
    if (!isKnown) return refusal(404, 'NoSuchBucket');
    const perform = operations[operation];
    return perform === undefined ? refusal(501, 'NotImplemented') : perform(state, asked);
  }

  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  server.unref();
  server.on('connection', (socket) => socket.unref());
  const { port } = server.address() as AddressInfo;
  const started: S3TestServer = {
    url: `http://127.0.0.1:${port}`,
    port,
    objects: state.objects,
    uploads: state.uploads,
    requests,
    fault: () => undefined,
    unknown,
    async close() {
      server.closeAllConnections();
      if (!server.listening) return;
      server.close();
      await once(server, 'close');
    },
  };
  return started;
}

interface State {
  readonly objects: S3TestServer['objects'];
  readonly uploads: S3TestServer['uploads'];
  drawn: number;
}

function operationOf(
  method: string,
  key: string,
  query: URLSearchParams,
  headers: IncomingMessage['headers'],
): string {
  if (key === '') {
    if (method === 'POST' && query.has('delete')) return 'DeleteObjects';
    return query.has('uploads') ? 'ListMultipartUploads' : 'ListObjectsV2';
  }
  const isCopy = headers['x-amz-copy-source'] !== undefined;
  if (query.has('uploads')) return 'CreateMultipartUpload';
  if (query.has('uploadId')) {
    if (method === 'PUT') return isCopy ? 'UploadPartCopy' : 'UploadPart';
    return method === 'POST' ? 'CompleteMultipartUpload' : 'AbortMultipartUpload';
  }
  if (method === 'PUT') return isCopy ? 'CopyObject' : 'PutObject';
  return `${{ GET: 'Get', HEAD: 'Head', DELETE: 'Delete' }[method] ?? method}Object`;
}

function refusal(status: number, code: string): Answer {
  return { status, body: `<Error><Code>${code}</Code><Message>${code}</Message></Error>` };
}

function digestOf(bytes: Buffer, form: 'hex' | 'base64'): string {
  return createHash('md5').update(bytes).digest(form);
}

function isWhole({ headers, body }: Exchange): boolean {
  const md5 = headers['content-md5'];
  return md5 === undefined || md5 === digestOf(body, 'base64');
}

function stored(bytes: Buffer): StoredBytes {
  return { bytes, tag: digestOf(bytes, 'hex'), at: Date.now() };
}

function rangeOf(header: string | undefined, size: number): [number, number] | undefined {
  const found = /^bytes=(\d+)-(\d*)$/.exec(header ?? '');
  if (found === null) return undefined;
  return [Number(found[1]), Math.min(found[2] === '' ? size : Number(found[2]) + 1, size)];
}

function sourceOf(state: State, header: unknown): StoredBytes | undefined {
  const path = decodeURIComponent(String(header)).replace(/^\//, '');
  return state.objects.get(path.slice(path.indexOf('/') + 1));
}

const noSuchKey = refusal(404, 'NoSuchKey');

function facts(object: StoredBytes): Record<string, string> {
  return {
    ETag: `"${object.tag}"`,
    'Last-Modified': new Date(object.at).toUTCString(),
    'Accept-Ranges': 'bytes',
  };
}

function readObject(state: State, { key, headers }: Exchange): Answer {
  const object = state.objects.get(key);
  if (object === undefined) return noSuchKey;
  const range = rangeOf(headers.range, object.bytes.length);
  if (range === undefined) return { status: 200, headers: facts(object), body: object.bytes };
  const [start, end] = range;
  if (start >= end) return refusal(416, 'InvalidRange');
  const contentRange = `bytes ${start}-${end - 1}/${object.bytes.length}`;
  return {
    status: 206,
    headers: { ...facts(object), 'Content-Range': contentRange },
    body: object.bytes.subarray(start, end),
  };
}

function listObjects(state: State, { query }: Exchange): Answer {
  const prefix = query.get('prefix') ?? '';
  const after = query.get('continuation-token') ?? '';
  const limit = Number(query.get('max-keys') ?? 1000);
  const keys = [...state.objects.keys()]
    .filter((key) => key.startsWith(prefix) && key > after)
    .sort();
  const shown = keys.slice(0, limit).map((key) => {
    const object = state.objects.get(key);
    const at = new Date(object?.at ?? 0).toISOString();
    const size = object?.bytes.length ?? 0;
    return (
      `<Contents><Key>${key}</Key><LastModified>${at}</LastModified>` +
      `<ETag>"${object?.tag}"</ETag><Size>${size}</Size></Contents>`
    );
  });
  const isCut = keys.length > limit;
  const token = isCut ? `<NextContinuationToken>${keys[limit - 1]}</NextContinuationToken>` : '';
  return {
    status: 200,
    body: `<ListBucketResult><IsTruncated>${isCut}</IsTruncated>${token}${shown.join('')}</ListBucketResult>`,
  };
}

function putPart(state: State, asked: Exchange, bytes: Buffer): StoredBytes | undefined {
  const upload = state.uploads.get(asked.query.get('uploadId') ?? '');
  const number = Number(asked.query.get('partNumber'));
  if (upload === undefined || number < 1 || number > 10_000) return undefined;
  const part = stored(bytes);
  upload.parts.set(number, part);
  return part;
}

function completeUpload(state: State, { query, key, body }: Exchange): Answer {
  const uploadId = query.get('uploadId') ?? '';
  const upload = state.uploads.get(uploadId);
  if (upload === undefined || upload.key !== key) return refusal(404, 'NoSuchUpload');
  const named = [...body.toString().matchAll(/<Part>.*?<\/Part>/gs)].map(([text]) => ({
    number: Number(/<PartNumber>(\d+)</.exec(text)?.[1]),
    tag: /<ETag>(?:&quot;|")?([0-9a-f]+)/.exec(text)?.[1],
  }));
  const parts = named.map(({ number, tag }) => {
    const part = upload.parts.get(number);
    return part?.tag === tag ? part : undefined;
  });
  if (parts.length === 0 || parts.includes(undefined)) return refusal(400, 'InvalidPart');
  const bytes = Buffer.concat(parts.map((part) => part?.bytes ?? Buffer.alloc(0)));
  const tag = `${digestOf(bytes, 'hex')}-${parts.length}`;
  // As on AWS: an object made of parts is dated when its upload began.
  state.objects.set(key, { bytes, tag, at: upload.at });
  state.uploads.delete(uploadId);
  return {
    status: 200,
    body: `<CompleteMultipartUploadResult><ETag>"${tag}"</ETag></CompleteMultipartUploadResult>`,
  };
}

const operations: Readonly<Record<string, (state: State, asked: Exchange) => Answer>> = {
  GetObject: readObject,
  HeadObject: readObject,
  ListObjectsV2: listObjects,
  PutObject(state, asked) {
    if (!isWhole(asked)) return refusal(400, 'BadDigest');
    const object = stored(asked.body);
    state.objects.set(asked.key, object);
    return { status: 200, headers: { ETag: `"${object.tag}"` } };
  },
  CopyObject(state, { key, headers }) {
    const source = sourceOf(state, headers['x-amz-copy-source']);
    if (source === undefined) return noSuchKey;
    state.objects.set(key, stored(source.bytes));
    return {
      status: 200,
      body: `<CopyObjectResult><ETag>"${source.tag}"</ETag></CopyObjectResult>`,
    };
  },
  DeleteObject(state, { key }) {
    state.objects.delete(key);
    return { status: 204 };
  },
  DeleteObjects(state, asked) {
    if (asked.headers['content-md5'] === undefined) return refusal(400, 'MissingContentMD5');
    if (!isWhole(asked)) return refusal(400, 'BadDigest');
    const keys = [...asked.body.toString().matchAll(/<Key>(.*?)<\/Key>/g)];
    if (keys.length > 1000) return refusal(400, 'MalformedXML');
    for (const [, key = ''] of keys) state.objects.delete(key);
    return { status: 200, body: '<DeleteResult></DeleteResult>' };
  },
  CreateMultipartUpload(state, { key }) {
    state.drawn += 1;
    const uploadId = `upload-${state.drawn}`;
    state.uploads.set(uploadId, { key, at: Date.now(), parts: new Map() });
    const id = `<UploadId>${uploadId}</UploadId>`;
    const body = `<InitiateMultipartUploadResult>${id}</InitiateMultipartUploadResult>`;
    return { status: 200, body };
  },
  UploadPart(state, asked) {
    if (!isWhole(asked)) return refusal(400, 'BadDigest');
    const part = putPart(state, asked, asked.body);
    if (part === undefined) return refusal(404, 'NoSuchUpload');
    return { status: 200, headers: { ETag: `"${part.tag}"` } };
  },
  UploadPartCopy(state, asked) {
    const source = sourceOf(state, asked.headers['x-amz-copy-source']);
    if (source === undefined) return noSuchKey;
    const range = String(asked.headers['x-amz-copy-source-range']);
    const [start, end] = rangeOf(range, source.bytes.length) ?? [0, source.bytes.length];
    const part = putPart(state, asked, source.bytes.subarray(start, end));
    if (part === undefined) return refusal(404, 'NoSuchUpload');
    return { status: 200, body: `<CopyPartResult><ETag>"${part.tag}"</ETag></CopyPartResult>` };
  },
  CompleteMultipartUpload: completeUpload,
  AbortMultipartUpload(state, { query }) {
    const isGone = state.uploads.delete(query.get('uploadId') ?? '');
    return isGone ? { status: 204 } : refusal(404, 'NoSuchUpload');
  },
  ListMultipartUploads(state, { query }) {
    const prefix = query.get('prefix') ?? '';
    const shown = [...state.uploads]
      .filter(([, upload]) => upload.key.startsWith(prefix))
      .map(([id, { key, at }]) => {
        const begun = new Date(at).toISOString();
        return `<Upload><Key>${key}</Key><UploadId>${id}</UploadId><Initiated>${begun}</Initiated></Upload>`;
      });
    const body = `<IsTruncated>false</IsTruncated>${shown.join('')}`;
    return {
      status: 200,
      body: `<ListMultipartUploadsResult>${body}</ListMultipartUploadsResult>`,
    };
  },
};

async function send(
  response: ServerResponse,
  method: string,
  { status, headers, body = '' }: Answer,
  fault: S3Fault | undefined,
): Promise<void> {
  const bytes = Buffer.from(body);
  response.writeHead(status, { ...headers, 'Content-Length': bytes.length });
  if (method === 'HEAD') return void response.end();
  if (fault?.kind === 'cut' && bytes.length > 0) {
    const part = bytes.subarray(0, bytes.length >> 1);
    return void response.write(part, () => response.socket?.destroy());
  }
  if (fault?.kind !== 'slow') return void response.end(bytes);
  for (let start = 0; start < bytes.length; start += bytes.length >> 2 || 1) {
    response.write(bytes.subarray(start, start + (bytes.length >> 2 || 1)));
    await new Promise((resolve) => setImmediate(resolve));
  }
  response.end();
}
