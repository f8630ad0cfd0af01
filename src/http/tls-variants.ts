/**
 * TLS that depends on the server name. The runtime asks for a certificate when version and, in TLS
 * 1.3, suite are settled, and what a context says about them has no effect then. So the name is
 * read before TLS begins, and the connection is given to a TLS server of the variant: its own
 * versions, suites and ticket keys, and so no session of another variant is ever resumed.
 */
import type { Socket } from 'node:net';
import { createServer, type Server, type TLSSocket, type TlsOptions } from 'node:tls';
import type { World } from '../world/index.ts';
import { type HelloVerdict, helloBytesMax, readClientHello } from './client-hello.ts';

export interface TlsVariant {
  /** Equal for variants that are the same. */
  readonly key: string;
  readonly options: TlsOptions;
}

/** `undefined`: nothing special about this name. */
export type FindTlsVariant = (serverName: string) => Promise<TlsVariant | undefined>;

export interface TlsVariants {
  /** Hands the connection to its variant, or to `pass` when its name has none. */
  route(socket: Socket, pass: () => void): void;
  /** Ends the sessions of all variants. */
  rotateTicketKeys(): void;
}

/** Each costs a context of some 40 KB; the longest unused goes first. */
const variantsMax = 256;
/** A hello in more pieces is left to TLS itself: reading on would cost more each time. */
const readsMax = 64;
/** Name, HMAC and AES keys of session tickets together, as the runtime takes them. */
const ticketKeyBytes = 48;

export function createTlsVariants(options: {
  readonly find: FindTlsVariant;
  readonly world: Pick<World, 'random' | 'timers'>;
  readonly handshakeTimeoutMs: number;
  readonly onConnection: (socket: TLSSocket) => void;
  /** A handshake has failed, or never began. */
  readonly onFailure: (socket: Socket) => void;
}): TlsVariants {
  const { world, handshakeTimeoutMs } = options;
  const servers = new Map<string, Server>();

  function setFreshKeys(server: Server): void {
    const keys = world.random.bytes(ticketKeyBytes);
    server.setTicketKeys(keys);
    keys.fill(0);
  }

  function serverOf({ key, options: tls }: TlsVariant): Server {
    const server =
      servers.get(key) ?? createServer({ ...tls, handshakeTimeout: handshakeTimeoutMs });
    if (!servers.has(key)) {
      server.on('secureConnection', options.onConnection);
      server.on('tlsClientError', (_error, socket) => options.onFailure(socket));
      setFreshKeys(server);
    }
    servers.delete(key);
    servers.set(key, server);
    for (const oldest of servers.keys()) {
      if (servers.size <= variantsMax) break;
      servers.delete(oldest);
    }
    return server;
  }

  async function give(socket: Socket, serverName: string | undefined, pass: () => void) {
    // A look-up that fails is the certificate's to answer: that one is looked up there too.
    const find = serverName === undefined ? undefined : options.find(serverName);
    const variant = await find?.catch(() => undefined);
    if (socket.destroyed) return;
    if (variant === undefined) pass();
    else serverOf(variant).emit('connection', socket);
  }

  return {
    route(socket, pass) {
      readName(socket, options, (serverName) => {
        give(socket, serverName, pass).catch(() => socket.destroy());
      });
    },
    rotateTicketKeys() {
      for (const server of servers.values()) setFreshKeys(server);
    },
  };
}

/** Then the socket is as if nothing had been read. A hello that does not come ends it. */
function readName(
  socket: Socket,
  options: {
    readonly world: Pick<World, 'timers'>;
    readonly handshakeTimeoutMs: number;
    readonly onFailure: (socket: Socket) => void;
  },
  next: (serverName: string | undefined) => void,
): void {
  let received: Buffer = Buffer.alloc(0);
  let reads = 0;
  const over = new AbortController();
  const onGone = (): void => {
    if (over.signal.aborted) return;
    over.abort();
    options.onFailure(socket);
  };
  const onReadable = (): void => {
    let verdict: HelloVerdict = { kind: 'incomplete' };
    while (verdict.kind === 'incomplete') {
      const chunk = socket.read() as Buffer | null;
      if (chunk === null) return;
      received = received.length === 0 ? chunk : Buffer.concat([received, chunk]);
      verdict = readClientHello(received.subarray(0, helloBytesMax));
      if (++reads >= readsMax) break;
    }
    over.abort();
    // The listener for errors stays: nobody else listens before TLS has the socket.
    socket.off('readable', onReadable).off('end', onGone);
    socket.unshift(received);
    next(verdict.kind === 'read' ? verdict.serverName : undefined);
  };
  socket.on('readable', onReadable).on('error', onGone).on('end', onGone);
  socket.once('close', () => over.abort());
  options.world.timers.delay(options.handshakeTimeoutMs, over.signal).then(onGone, () => {});
}
