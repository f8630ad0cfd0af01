/**
 * The API as it stands on the wire: a server in this process, requests signed by the tests' own
 * signer and sent over raw sockets, answers as they came.
 */

import { ask, type RawResponse } from '../../support/raw-client.ts';
import { startTestServer, type TestServer } from '../../support/server.ts';
import { requestBytes, signHeaderV4, type TestCredentials } from '../../support/sign.ts';
import { createTestWorld, type TestWorld } from '../../support/world.ts';

export interface Call {
  readonly method?: string;
  readonly bucket?: string;
  readonly key?: string;
  /** Replaces the path made of bucket and key; percent-encoded. */
  readonly path?: string;
  readonly query?: Record<string, string | undefined>;
  readonly headers?: Record<string, string>;
  readonly body?: string | Buffer;
  /** Who asks; the root account by default. */
  readonly as?: TestCredentials | 'anonymous';
  /** Value of Host; `localhost`, and so path style, by default. */
  readonly host?: string;
}

export interface Answer {
  readonly status: number;
  readonly headers: RawResponse['headers'];
  readonly body: Buffer;
  readonly text: string;
  /** Code of the error document, also of the one HEAD carries in a header; empty without one. */
  readonly code: string;
}

export interface RawOss {
  readonly server: TestServer;
  readonly world: TestWorld;
  call(call: Call): Promise<Answer>;
  /** A fresh bucket of the root account; `acl` private unless given. */
  bucket(acl?: string): Promise<string>;
  /** Stores the object; fails the test unless it was taken. */
  put(
    bucket: string,
    key: string,
    body?: string | Buffer,
    headers?: Record<string, string>,
  ): Promise<Answer>;
  /** Another account's key. */
  stranger(): Promise<TestCredentials>;
  close(): Promise<void>;
}

/** `prepare`: what the world of the server is to be like. */
export async function openRawOss(
  settings: Readonly<Record<string, string>> = {},
  prepare: (world: TestWorld) => void = () => {},
): Promise<RawOss> {
  const world = createTestWorld();
  prepare(world);
  const server = await startTestServer({ world, settings });
  let buckets = 0;
  const call = async (asked: Call): Promise<Answer> =>
    toAnswer(await ask({ port: server.httpPort }, bytesOf(asked, server, world), asked.method));
  return {
    server,
    world,
    call,
    async bucket(acl = 'private') {
      const bucket = `bucket-${buckets++}`;
      const made = await call({ method: 'PUT', bucket, headers: { 'x-oss-acl': acl } });
      if (made.status !== 200) throw new Error(made.text);
      return bucket;
    },
    async put(bucket, key, body = '', headers = {}) {
      const answer = await call({ method: 'PUT', bucket, key, body, headers });
      if (answer.status !== 200) throw new Error(answer.text);
      return answer;
    },
    stranger: async () => await server.rooms.accounts.createAccount(`stranger-${buckets++}`),
    close: () => server.close(),
  };
}

function bytesOf(asked: Call, server: TestServer, world: TestWorld): Buffer {
  const { as: caller = server, body = '', method = 'GET' } = asked;
  const request = {
    method,
    host: asked.host ?? 'localhost',
    bucket: asked.bucket ?? '',
    key: asked.key ?? '',
    ...(asked.path === undefined ? {} : { path: asked.path }),
    query: asked.query ?? {},
    headers: asked.headers ?? {},
    at: world.clock.now(),
  };
  if (caller !== 'anonymous') {
    return requestBytes(signHeaderV4({ ...request, credentials: caller }), body);
  }
  // Signed and then stripped, so that paths and queries are written in the same way.
  const signed = signHeaderV4({ ...request, credentials: server });
  const headers = { host: request.host, ...request.headers };
  return requestBytes({ ...signed, headers }, body);
}

function toAnswer({ status, headers, body }: RawResponse): Answer {
  const text = body.toString('utf8');
  const carried = headers['x-oss-err'];
  const document = carried === undefined ? text : Buffer.from(carried, 'base64').toString('utf8');
  const code = /<Code>([^<]*)<\/Code>/.exec(document)?.[1] ?? '';
  return { status, headers, body, text, code };
}

/** The text of the first element of that name; `undefined` when there is none. */
export function textOf(document: string, name: string): string | undefined {
  return new RegExp(`<${name}>([^<]*)</${name}>`).exec(document)?.[1];
}

/** The texts of all elements of that name. */
export function textsOf(document: string, name: string): string[] {
  return [...document.matchAll(new RegExp(`<${name}>([^<]*)</${name}>`, 'g'))].map(
    (match) => match[1] ?? '',
  );
}

/** Names of all elements in the order they begin, each once: the shape of a document. */
export function shapeOf(document: string): string[] {
  return [...new Set([...document.matchAll(/<([A-Za-z0-9]+)>/g)].map((match) => match[1] ?? ''))];
}
