/**
 * A client that says exactly what a test wants on the wire, and reports exactly what came back:
 * responses one by one, what the connection did, TLS sessions and alerts.
 *
 *     const client = await connectRaw({ port });
 *     client.send('GET / HTTP/1.1\r\nHost: a.example\r\n\r\n');
 *     const response = await client.response();
 *     await client.closed();
 */
import { connect as connectTcp, type Socket } from 'node:net';
import { type ConnectionOptions, connect as connectTls, TLSSocket } from 'node:tls';

export interface RawResponse {
  readonly status: number;
  readonly reason: string;
  /** Lower-case names; repeated ones joined with `, `. */
  readonly headers: Readonly<Record<string, string>>;
  /** Names and values as they came. */
  readonly rawHeaders: readonly (readonly [string, string])[];
  readonly body: Buffer;
}

export interface RawTarget {
  readonly port: number;
  readonly host?: string;
  /** Address to connect from, e.g. 127.0.0.2. */
  readonly localAddress?: string;
  /** Speaks TLS when set; verification is off unless the options say otherwise. */
  readonly tls?: ConnectionOptions;
}

export interface RawClient {
  readonly socket: Socket;
  send(bytes: string | Uint8Array): void;
  /** Half-closes: no more will be sent. */
  endSending(): void;
  /**
   * The next response, whatever came with it left for the next call; `method` decides about HEAD.
   */
  response(method?: string): Promise<RawResponse>;
  /** Bytes that came and belong to no response read so far. */
  unread(): Buffer;
  /** Resolves when the server closed the connection: `end` in order, `reset` otherwise. */
  closed(): Promise<'end' | 'reset'>;
  readonly isClosed: boolean;
  destroy(): void;
}

/** Longest wait for one fact before a test is told what was missing. */
const patienceMs = 10_000;

export async function connectRaw(target: RawTarget): Promise<RawClient> {
  const address = {
    port: target.port,
    host: target.host ?? '127.0.0.1',
    ...(target.localAddress ? { localAddress: target.localAddress } : {}),
  };
  const socket = target.tls
    ? connectTls({ ...address, rejectUnauthorized: false, ...target.tls })
    : connectTcp({ ...address, allowHalfOpen: true });
  const client = clientOf(socket);
  await new Promise<void>((resolve, reject) => {
    socket.once(target.tls ? 'secureConnect' : 'connect', resolve);
    socket.once('error', reject);
    socket.once('close', () => reject(new Error('The server closed before the handshake ended.')));
  });
  return client;
}

/** The error, by its code, that ends a TLS handshake; `none` when it succeeds. */
export async function handshakeFailure(target: RawTarget): Promise<string> {
  try {
    const client = await connectRaw({ ...target, tls: target.tls ?? {} });
    client.destroy();
    return 'none';
  } catch (problem) {
    return (problem as { code?: string }).code ?? (problem as Error).message;
  }
}

function clientOf(socket: Socket): RawClient {
  let received = Buffer.alloc(0);
  let ending: 'end' | 'reset' | undefined;
  let wakes: (() => void)[] = [];
  const wake = (): void => {
    const all = wakes;
    wakes = [];
    for (const each of all) each();
  };
  socket.on('data', (chunk: Buffer) => {
    received = Buffer.concat([received, chunk]);
    wake();
  });
  socket.on('end', () => {
    ending ??= 'end';
    wake();
  });
  socket.on('error', () => {
    ending ??= 'reset';
    wake();
  });
  socket.on('close', () => {
    ending ??= 'reset';
    wake();
  });

  async function until<T>(what: string, fact: () => T | undefined): Promise<T> {
    const late = AbortSignal.timeout(patienceMs);
    for (;;) {
      const found = fact();
      if (found !== undefined) return found;
      if (late.aborted) throw new Error(`Waited for ${what}; have ${JSON.stringify(text())}`);
      await new Promise<void>((resolve) => {
        wakes.push(resolve);
        late.addEventListener('abort', () => resolve(), { once: true });
      });
    }
  }
  const text = (): string => received.toString('latin1').slice(0, 2_000);

  return {
    socket,
    send: (bytes) => void socket.write(bytes as Uint8Array),
    endSending: () => void socket.end(),
    async response(method = 'GET') {
      return until('a response', () => {
        const parsed = parseResponse(received, method);
        if (parsed) {
          received = received.subarray(parsed.length);
          return parsed.response;
        }
        if (ending) throw new Error(`Closed (${ending}) without a response: ${text()}`);
        return undefined;
      });
    },
    unread: () => received,
    closed: () => until('the end of the connection', () => ending),
    get isClosed() {
      return ending !== undefined;
    },
    destroy: () => void socket.destroy(),
  };
}

/** The first whole response in `bytes` and how long it is; `undefined` while it is not there. */
export function parseResponse(
  bytes: Buffer,
  method: string,
): { response: RawResponse; length: number } | undefined {
  const end = bytes.indexOf('\r\n\r\n');
  if (end === -1) return undefined;
  const [statusLine = '', ...lines] = bytes.toString('latin1', 0, end).split('\r\n');
  const match = /^HTTP\/1\.1 (\d{3}) (.*)$/.exec(statusLine);
  if (!match) throw new Error(`Not a status line: ${JSON.stringify(statusLine)}`);
  const rawHeaders = lines.map((line) => {
    const colon = line.indexOf(': ');
    if (colon < 1) throw new Error(`Not a header line: ${JSON.stringify(line)}`);
    return [line.slice(0, colon), line.slice(colon + 2)] as const;
  });
  const headers: Record<string, string> = Object.create(null);
  for (const [name, value] of rawHeaders) {
    const key = name.toLowerCase();
    headers[key] = headers[key] === undefined ? value : `${headers[key]}, ${value}`;
  }
  const status = Number(match[1]);
  const isBodiless = method === 'HEAD' || status < 200 || status === 204 || status === 304;
  const facts = { status, reason: match[2] ?? '', headers, rawHeaders };
  if (!isBodiless && headers['transfer-encoding'] === 'chunked') {
    const chunked = parseChunks(bytes, end + 4);
    if (chunked === undefined) return undefined;
    return { response: { ...facts, body: chunked.body }, length: chunked.end };
  }
  if (!isBodiless && headers['content-length'] === undefined) {
    throw new Error(`A response without Content-Length: ${statusLine}`);
  }
  const bodyLength = isBodiless ? 0 : Number(headers['content-length']);
  const length = end + 4 + bodyLength;
  if (bytes.length < length) return undefined;
  const body = Buffer.from(bytes.subarray(end + 4, length));
  return { response: { ...facts, body }, length };
}

/** A body in chunks (RFC 9112 7.1) from `start` on; `undefined` while its end is not there. */
function parseChunks(bytes: Buffer, start: number): { body: Buffer; end: number } | undefined {
  const chunks: Buffer[] = [];
  for (let at = start; ; ) {
    const lineEnd = bytes.indexOf('\r\n', at);
    if (lineEnd === -1) return undefined;
    const size = Number.parseInt(bytes.toString('latin1', at, lineEnd), 16);
    if (!Number.isInteger(size)) throw new Error('Not the size of a chunk.');
    const end = lineEnd + 2 + size + 2;
    if (bytes.length < end) return undefined;
    if (size === 0) return { body: Buffer.concat(chunks), end };
    chunks.push(bytes.subarray(lineEnd + 2, end - 2));
    at = end;
  }
}

/** One request on a connection of its own: its response, and whether the server then closed. */
export async function ask(
  target: RawTarget,
  bytes: string | Uint8Array,
  method = 'GET',
): Promise<RawResponse> {
  const client = await connectRaw(target);
  try {
    client.send(bytes);
    return await client.response(method);
  } finally {
    client.destroy();
  }
}

/** A TLS session that can be offered again, captured once the server has sent one. */
export async function captureSession(
  target: RawTarget,
  request: string,
): Promise<{ session: Buffer; response: RawResponse; protocol: string | null }> {
  const client = await connectRaw({ ...target, tls: target.tls ?? {} });
  const { socket } = client;
  if (!(socket instanceof TLSSocket)) throw new Error('Not a TLS connection.');
  try {
    // TLS 1.2 has its session by now; TLS 1.3 sends tickets with the first bytes.
    const ticket = new Promise<Buffer>((resolve) => socket.once('session', resolve));
    client.send(request);
    const response = await client.response();
    const known = socket.getProtocol() === 'TLSv1.2' ? socket.getSession() : undefined;
    const session = known ?? (await ticket);
    return { session, response, protocol: socket.getProtocol() };
  } finally {
    client.destroy();
  }
}
