import { createServer as createHttpServer, type Server, type ServerOptions } from 'node:http';
import {
  createServer as createHttpsServer,
  Server as HttpsServer,
  type ServerOptions as TlsServerOptions,
} from 'node:https';
import { type AddressInfo, type Socket, Server as TcpServer } from 'node:net';
import { TLSSocket } from 'node:tls';
import type { World } from '../world/index.ts';
import { type Admission, createAdmission } from './admission.ts';
import { type Balancers, createBalancers, plainAddress } from './balancers.ts';
import { createBufferPool } from './buffer-pool.ts';
import { Connection } from './connection.ts';
import type { ExchangeRules } from './exchange.ts';
import { createStreamCount, Http2Connection } from './http2-connection.ts';
import { defaultLimits, type HttpLimits } from './limits.ts';
import { createRepeats } from './repeats.ts';
import { createDateText, createRequestIds } from './request-ids.ts';
import type { ConnectionFacts } from './request-view.ts';
import {
  createTlsVariants,
  type FindTlsVariant,
  serverNameOf,
  type TlsVariants,
} from './tls-variants.ts';
import type { AnswerRecord, Handler, ProblemRenderer } from './types.ts';
import { createUploadRates, type UploadRates } from './upload-rate.ts';

export interface ListenerAddress {
  readonly host: string;
  readonly port: number;
}

export interface ListenerOptions {
  /** Port 0: any free one. */
  readonly address: ListenerAddress;
  readonly handle: Handler;
  /** Renders what is refused before the handler. */
  readonly renderProblem: ProblemRenderer;
  readonly world: World;
  readonly limits?: Partial<HttpLimits>;
  /** Set for HTTPS: the profile, the default certificate if any, and the SNICallback. */
  readonly tls?: TlsServerOptions;
  /** TLS that differs from `tls` for some server names. */
  readonly findTlsVariant?: FindTlsVariant;
  /** False as long as it would find none for any name; asked for each connection, never throws. */
  readonly hasTlsVariants?: () => boolean;
  /**
   * Addresses and networks of balancers. A connection from one of them begins with a header of the
   * PROXY protocol, which says whose it is; a connection from anybody else never does.
   */
  readonly balancers?: readonly string[];
  /** Called after each answer is over; must not throw. */
  readonly onAnswered?: (record: AnswerRecord) => void;
  /** The same of answers that were given again; costs less when left out. */
  readonly onRepeated?: ((record: AnswerRecord) => void) | undefined;
  /** Told of failures that are the server's own: the caller got InternalError, or a cut. */
  readonly onFault?: (problem: unknown, requestId: string) => void;
}

export interface ListenerCounters {
  readonly openConnections: number;
  readonly refusedConnections: number;
  readonly failedHandshakes: number;
}

export interface HttpListener {
  /** The address it accepts on now. Rejects when it cannot be had. */
  start(): Promise<ListenerAddress>;
  /**
   * From now on every answer is the last of its connection, which the client is told: connections
   * that are in use empty themselves. New ones are still accepted.
   */
  announceEnd(): void;
  /**
   * Stops accepting, closes idle connections, lets running requests finish; after `deadlineMs` the
   * rest is cut. No connection is open when it returns. `gently`: an idle connection is closed with
   * its next answer, or when it has been idle for as long as any other, so that no client meets the
   * end of one with a request on its way.
   */
  drain(deadlineMs: number, gently?: boolean): Promise<void>;
  /** New keys for TLS session tickets: sessions under the old ones are not resumed any more. */
  setTicketKeys(keys: Buffer): void;
  counters(): ListenerCounters;
}

/** Longest queue of connections the system accepts for us before we do. */
const backlog = 1_024;
/** TCP asks silent peers whether they still live, so that dead ones do not stay for ever. */
const keepAliveProbeMs = 60_000;

/** A listener for HTTP, or HTTPS when `tls` is set. Nothing is bound before `start`. */
export function createHttpListener(options: ListenerOptions): HttpListener {
  const limits: HttpLimits = { ...defaultLimits, ...options.limits };
  const { world } = options;
  const server = createServer(limits, options.tls);
  const admission = createAdmission(limits);
  const rates = createUploadRates(limits, () => world.clock.monotonicMs());
  const connections = new Map<Socket, Connection>();
  const balancers = createBalancers(options.balancers ?? [], world);
  let isEnding = false;
  let isStopping = false;
  let failedHandshakes = 0;
  let stopChecking = (): void => {};

  const rules = exchangeRules(options, limits, rates, {
    isEnding: () => isEnding,
    isStopping: () => isStopping,
  });

  const sessions = serveConnections(server, connections, rules, balancers);
  const onFailure = (socket: Socket): void => {
    failedHandshakes++;
    socket.destroy();
  };
  const variants = variantsOf(options, limits, server, onFailure);
  guardAdmission(server, admission, balancers, variants);
  if (variants) guardVariants(server, variants);
  attach(server, connections);
  server.on('tlsClientError', (_error: Error, socket: TLSSocket) => onFailure(socket));

  async function start(): Promise<ListenerAddress> {
    const address = await accept(server, options.address);
    // E.g. out of file descriptors while accepting: that connection is lost, no other.
    server.on('error', (error) => rules.onFault(error, ''));
    stopChecking = world.timers.every(limits.checkEveryMs, () => {
      rates.check();
      variants?.check();
      for (const session of sessions.values()) session.check();
    });
    return address;
  }

  async function drain(deadlineMs: number, gently = false): Promise<void> {
    isEnding = true;
    isStopping = !gently;
    const deadline = new AbortController();
    // The runtime's own way of closing a server of HTTP ends idle connections.
    const close = gently ? TcpServer.prototype.close : server.close;
    const closed = new Promise<void>((resolve) => close.call(server, () => resolve()));
    for (const connection of connections.values()) {
      if (connection.isIdle && !gently) connection.destroy();
    }
    for (const session of sessions.values()) session.end();
    const cut = world.timers.delay(deadlineMs, deadline.signal).then(
      () => admission.destroyAll(),
      () => {},
    );
    await closed;
    deadline.abort();
    await cut;
    stopChecking();
  }

  return {
    start,
    announceEnd() {
      isEnding = true;
      for (const session of sessions.values()) session.end();
    },
    drain,
    setTicketKeys(keys) {
      if (server instanceof HttpsServer) server.setTicketKeys(keys);
      variants?.setTicketKeys(keys);
    },
    counters: () => ({
      openConnections: admission.open,
      refusedConnections: admission.refused,
      failedHandshakes,
    }),
  };
}

/** The address it accepts on. Rejects when it cannot be had. */
function accept(server: Server, address: ListenerAddress): Promise<ListenerAddress> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ ...address, backlog }, () => {
      server.off('error', reject);
      const { address: host, port } = server.address() as AddressInfo;
      resolve({ host, port });
    });
  });
}

/** Their connections are the listener's once the handshake is over, like any other. */
function variantsOf(
  { findTlsVariant, hasTlsVariants, world }: ListenerOptions,
  { handshakeTimeoutMs }: HttpLimits,
  server: Server,
  onFailure: (socket: Socket) => void,
): TlsVariants | undefined {
  return (
    findTlsVariant &&
    createTlsVariants({
      find: findTlsVariant,
      isAny: hasTlsVariants ?? (() => true),
      world,
      handshakeTimeoutMs,
      onConnection: (socket) => void server.emit('secureConnection', socket),
      onFailure,
    })
  );
}

function exchangeRules(
  { handle, renderProblem, world, onAnswered, onRepeated, onFault }: ListenerOptions,
  limits: HttpLimits,
  rates: UploadRates,
  end: Pick<ExchangeRules, 'isEnding' | 'isStopping'>,
): ExchangeRules {
  return {
    handle,
    renderProblem,
    limits,
    world,
    nextRequestId: createRequestIds(world),
    dateText: createDateText(world),
    rates,
    pool: createBufferPool(),
    repeats: createRepeats(limits),
    ...end,
    onAnswered: onAnswered ?? (() => {}),
    onRepeated,
    onFault: onFault ?? (() => {}),
  };
}

function createServer(limits: HttpLimits, tls: TlsServerOptions | undefined) {
  const options: ServerOptions = {
    // The runtime counts the target too; what is left over is counted in request-head.ts.
    maxHeaderSize: limits.headerBytesMax + limits.targetBytesMax,
    headersTimeout: limits.headersTimeoutMs,
    // Uploads may last as long as they keep their rate.
    requestTimeout: 0,
    keepAliveTimeout: limits.keepAliveMs,
    connectionsCheckingInterval: limits.checkEveryMs,
    // Host is judged here, and refused in our own words.
    requireHostHeader: false,
    optimizeEmptyRequests: true,
    keepAlive: true,
    keepAliveInitialDelay: keepAliveProbeMs,
    noDelay: true,
  };
  const server = tls
    ? createHttpsServer({ ...options, ...tls, handshakeTimeout: limits.handshakeTimeoutMs })
    : createHttpServer(options);
  // Too many headers are refused; the runtime would drop the rest without a word.
  server.maxHeadersCount = 0;
  server.timeout = limits.writeStallMs;
  return server;
}

/** Caps and balancers come before whatever the server does with a connection, TLS included. */
function guardAdmission(
  server: Server,
  admission: Admission,
  balancers: Balancers,
  variants: TlsVariants | undefined,
): void {
  const accept = server.listeners('connection') as ((socket: Socket) => void)[];
  const take = (socket: Socket): void => {
    for (const each of accept) each.call(server, socket);
  };
  const pass = (socket: Socket, address: string): void => {
    if (!admission.admitFrom(socket, address)) return;
    if (variants) variants.route(socket, () => take(socket));
    else take(socket);
  };
  server.removeAllListeners('connection');
  server.on('connection', (socket: Socket) => {
    if (!admission.admit(socket)) return;
    // A balancer holds the connections of many: the cap of an address is for those behind it.
    if (balancers.isBalancer(socket)) balancers.receive(socket, (source) => pass(socket, source));
    else pass(socket, socket.remoteAddress ?? '');
  });
}

/** A name may have got TLS of its own after its connection was passed on to the listener. */
function guardVariants(server: Server, variants: TlsVariants): void {
  const serve = server.listeners('secureConnection') as ((socket: TLSSocket) => void)[];
  server.removeAllListeners('secureConnection');
  server.on('secureConnection', (socket: TLSSocket) =>
    variants.confirm(socket, () => {
      for (const each of serve) each.call(server, socket);
    }),
  );
}

/** What comes through TLS, or needs none, by the protocol that was agreed upon. */
function serveConnections(
  server: Server,
  connections: Map<Socket, Connection>,
  rules: ExchangeRules,
  balancers: Balancers,
): ReadonlyMap<Socket, Http2Connection> {
  const sessions = new Map<Socket, Http2Connection>();
  const streams = createStreamCount(rules.limits);
  const isTls = server instanceof HttpsServer;
  const event = isTls ? 'secureConnection' : 'connection';
  const speakHttp1 = server.listeners(event) as ((socket: Socket) => void)[];
  if (isTls) server.removeAllListeners(event);
  server.on(event, (socket: Socket) => {
    if (rules.isStopping() || socket.destroyed) {
      socket.destroy();
      return;
    }
    const facts = connectionFacts(socket, balancers);
    if (socket instanceof TLSSocket && socket.alpnProtocol === 'h2') {
      sessions.set(socket, new Http2Connection(socket, facts, rules, streams));
      socket.once('close', () => sessions.delete(socket));
      return;
    }
    if (isTls) for (const each of speakHttp1) each.call(server, socket);
    connections.set(socket, new Connection(socket, facts, rules));
    socket.once('close', () => connections.delete(socket));
  });
  return sessions;
}

function attach(server: Server, connections: ReadonlyMap<Socket, Connection>): void {
  const receive: Parameters<Server['on']>[1] = (incoming, response) => {
    connections.get(incoming.socket)?.receive(incoming, response);
  };
  server.on('request', receive);
  // Whether and when 100 Continue is sent is decided by whoever reads the body.
  server.on('checkContinue', receive);
  server.on('checkExpectation', receive);
  server.on('connect', (incoming, socket) => {
    const connection = connections.get(socket as Socket);
    if (connection) connection.refuseTunnel(incoming.headers.host ?? '');
    else socket.destroy();
  });
  server.on('clientError', (error, socket) => {
    const connection = connections.get(socket as Socket);
    if (connection) connection.fail(error);
    else socket.destroy();
  });
  server.on('timeout', (socket: Socket) => {
    const connection = connections.get(socket);
    if (connection) connection.stall();
    else socket.destroy();
  });
}

function connectionFacts(socket: Socket, balancers: Balancers): ConnectionFacts {
  const remoteAddress = balancers.sourceOf(socket) ?? plainAddress(socket.remoteAddress ?? '');
  if (!(socket instanceof TLSSocket)) {
    return { remoteAddress, isSecure: false, serverName: undefined, tlsVersion: undefined };
  }
  return {
    remoteAddress,
    isSecure: true,
    serverName: serverNameOf(socket),
    tlsVersion: socket.getProtocol() ?? undefined,
  };
}
