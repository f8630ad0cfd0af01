/** A listener with a handler that only says what it was given: the room http alone. */
import { after } from 'node:test';
import type { TlsOptions } from 'node:tls';
import { OssError } from '../../../src/errors/index.ts';
import type {
  HttpLimits,
  HttpListener,
  HttpRequest,
  HttpResponse,
} from '../../../src/http/index.ts';
import { type AnswerRecord, createHttpListener } from '../../../src/http/index.ts';
import { realWorld, type World } from '../../../src/world/index.ts';

export interface Stub {
  readonly port: number;
  readonly listener: HttpListener;
  /** `METHOD target` of every request that reached the handler, in order. */
  readonly handled: string[];
  readonly records: AnswerRecord[];
  readonly faults: unknown[];
  stop(): Promise<void>;
}

/** Short enough for tests, long enough for a busy machine. */
export const quickLimits: Partial<HttpLimits> = {
  headersTimeoutMs: 400,
  uploadWindowMs: 400,
  lingerMs: 200,
  keepAliveMs: 400,
  writeStallMs: 2_000,
  checkEveryMs: 50,
};

const running = new Set<HttpListener>();
/** A test that fails must not keep the file from ending. */
after(async () => {
  await Promise.all([...running].map((listener) => listener.drain(0)));
});

export async function startStub(
  options: {
    limits?: Partial<HttpLimits>;
    handle?: (request: HttpRequest) => Promise<HttpResponse>;
    balancers?: readonly string[];
    world?: World;
    tls?: TlsOptions;
  } = {},
): Promise<Stub> {
  const handled: string[] = [];
  const records: AnswerRecord[] = [];
  const faults: unknown[] = [];
  const handle = options.handle ?? echo;
  const listener = createHttpListener({
    address: { host: '127.0.0.1', port: 0 },
    handle: (request) => {
      handled.push(`${request.method} ${request.target}`);
      return handle(request);
    },
    renderProblem,
    ...(options.tls ? { tls: options.tls } : {}),
    balancers: options.balancers ?? [],
    world: options.world ?? realWorld,
    limits: { ...quickLimits, ...options.limits },
    onAnswered: (record) => void records.push(record),
    onRepeated: (record) => void records.push(record),
    onFault: (problem) => void faults.push(problem),
  });
  const { port } = await listener.start();
  running.add(listener);
  const stop = (): Promise<void> => {
    running.delete(listener);
    return listener.drain(0);
  };
  return { port, listener, handled, records, faults, stop };
}

export function text(body: string, status = 200): HttpResponse {
  const bytes = Buffer.from(body);
  return { status, headers: { 'Content-Type': 'text/plain' }, body: { kind: 'bytes', bytes } };
}

export function renderProblem(error: OssError, facts: { method: string }): HttpResponse {
  const close = error.closeConnection ? { closeConnection: true } : {};
  if (facts.method === 'HEAD') {
    return { status: error.status, headers: {}, body: { kind: 'none' }, headLength: 0, ...close };
  }
  return { ...text(error.code, error.status), headers: { ...error.headers }, ...close };
}

/** Reads bodies of PUT and POST, refuses `/refused` unread, says what it saw. */
export async function echo(request: HttpRequest): Promise<HttpResponse> {
  if (request.rawPath === '/refused') return text('refused', 403);
  if (request.method !== 'PUT' && request.method !== 'POST') {
    return text(`${request.method} ${request.target}`);
  }
  try {
    const body = await request.body.readAll(1_024 * 1_024);
    return text(`${request.method} ${request.target} ${body.toString('latin1')}`);
  } catch (problem) {
    if (problem instanceof OssError) return renderProblem(problem, request);
    throw problem;
  }
}
