/**
 * TLS that depends on the server name. The runtime asks for a certificate when version and, in TLS
 * 1.3, suite are settled, and what a context says about them has no effect then. So the name is
 * read before TLS begins, and the connection is given to a TLS server of the variant: its own
 * versions, suites and ticket keys, and so no session of another variant is ever resumed.
 */
import { hkdfSync } from 'node:crypto';
import type { Socket } from 'node:net';
import { createServer, type Server, type TLSSocket, type TlsOptions } from 'node:tls';
import { Lru } from '../lru/index.ts';
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
  /**
   * Hands the connection to its variant, or to `pass` when its name has none: at once, and without
   * reading the name, as long as no name has.
   */
  route(socket: Socket, pass: () => void): void;
  /**
   * After the handshake: `serve`, unless the name of a passed connection has got a variant since.
   * Then the connection ends, and the next one is of that variant.
   */
  confirm(socket: TLSSocket, serve: () => void): void;
  /** Ends connections whose hello does not come; to be called now and then. */
  check(): void;
  /**
   * Ends the sessions of all variants. The keys of each follow from these, so that processes with
   * the same keys resume each other's sessions, of this variant and no other.
   */
  setTicketKeys(keys: Buffer): void;
}

/** Each costs a context of some 40 KB; the longest unused goes first. */
const variantsMax = 256;
/** A hello in more pieces is left to TLS itself: reading on would cost more each time. */
const readsMax = 64;
/** Name, HMAC and AES keys of session tickets together, as the runtime takes them. */
const ticketKeyBytes = 48;
const seedBytes = 32;

interface VariantsOptions {
  readonly find: FindTlsVariant;
  /** Whether any name may have a variant now. Never throws. */
  readonly isAny: () => boolean;
  readonly world: Pick<World, 'random' | 'clock'>;
  readonly handshakeTimeoutMs: number;
  readonly onConnection: (socket: TLSSocket) => void;
  /** A handshake has failed, or never began. */
  readonly onFailure: (socket: Socket) => void;
}

export function createTlsVariants(options: VariantsOptions): TlsVariants {
  const { world, handshakeTimeoutMs } = options;
  const servers = createServers(options);
  /** Whether any connection was ever passed without reading its name. */
  let isAnyUnread = false;
  // In the order they came, and so the first to be late first.
  const waiting = new Map<Socket, { fail(): void; untilMs: number }>();

  async function find(serverName: string | undefined): Promise<TlsVariant | undefined> {
    // A look-up that fails is the certificate's to answer: that one is looked up there too.
    return serverName === undefined ? undefined : options.find(serverName).catch(() => undefined);
  }

  async function give(socket: Socket, serverName: string | undefined, pass: () => void) {
    const variant = await find(serverName);
    if (socket.destroyed) return;
    if (variant === undefined) pass();
    else servers.of(variant).emit('connection', socket);
  }

  return {
    route(socket, pass) {
      if (!options.isAny()) {
        isAnyUnread = true;
        pass();
        return;
      }
      const fail = readName(socket, options.onFailure, (serverName) => {
        waiting.delete(socket);
        give(socket, serverName, pass).catch(() => socket.destroy());
      });
      waiting.set(socket, { fail, untilMs: world.clock.monotonicMs() + handshakeTimeoutMs });
      socket.once('close', () => waiting.delete(socket));
    },
    confirm(socket, serve) {
      if (!isAnyUnread || servers.have(socket) || !options.isAny()) {
        serve();
        return;
      }
      // Nobody else listens before HTTP has the socket.
      socket.on('error', () => socket.destroy());
      find(serverNameOf(socket))
        .then((variant) => (variant === undefined ? serve() : socket.destroy()))
        .catch(() => socket.destroy());
    },
    check() {
      const now = world.clock.monotonicMs();
      for (const { fail, untilMs } of waiting.values()) {
        if (untilMs > now) break;
        fail();
      }
    },
    setTicketKeys: servers.setTicketKeys,
  };
}

/** The TLS servers of variants; the longest unused is dropped. */
function createServers({ world, handshakeTimeoutMs, onConnection, onFailure }: VariantsOptions) {
  const servers = new Lru<Server>({ countMax: variantsMax });
  const sockets = new WeakSet<Socket>();
  /** Of the ticket keys: those of a variant are made of it when it is first asked for. */
  let seed = world.random.bytes(seedBytes);

  function setKeys(server: Server, key: string): void {
    const keys = derive(seed, `variant ${key}`, ticketKeyBytes);
    server.setTicketKeys(keys);
    keys.fill(0);
  }

  return {
    of({ key, options: tls }: TlsVariant): Server {
      const found = servers.find(key);
      if (found !== undefined) return found;
      const server = createServer({ ...tls, handshakeTimeout: handshakeTimeoutMs });
      server.on('secureConnection', (socket) => {
        sockets.add(socket);
        onConnection(socket);
      });
      server.on('tlsClientError', (_error, socket) => onFailure(socket));
      setKeys(server, key);
      servers.keep(key, server);
      return server;
    },
    /** Whether this connection is of one of them. */
    have: (socket: Socket): boolean => sockets.has(socket),
    setTicketKeys(keys: Buffer): void {
      seed.fill(0);
      seed = derive(keys, 'variants', seedBytes);
      for (const [key, server] of servers) setKeys(server, key);
    },
  };
}

/**
 * The name this connection was opened for. A resumed TLS 1.2 session says nothing about it
 * (security.md 5.4); TLS 1.3 names it in every handshake.
 */
export function serverNameOf(socket: TLSSocket): string | undefined {
  if (socket.isSessionReused() && socket.getProtocol() !== 'TLSv1.3') return undefined;
  const { servername } = socket as { servername?: string | false | null };
  return servername || undefined;
}

/** RFC 5869, so that no key tells anything of another. */
function derive(secret: Buffer, purpose: string, bytes: number): Buffer {
  return Buffer.from(hkdfSync('sha256', secret, '', purpose, bytes));
}

/**
 * Then the socket is as if nothing had been read. Returns what ends the waiting as a failure; it
 * does nothing once the name was read.
 */
function readName(
  socket: Socket,
  onFailure: (socket: Socket) => void,
  onRead: (serverName: string | undefined) => void,
): () => void {
  let received: Buffer = Buffer.alloc(0);
  let reads = 0;
  let isOver = false;
  const fail = (): void => {
    if (isOver) return;
    isOver = true;
    onFailure(socket);
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
    isOver = true;
    // The listener for errors stays: nobody else listens before TLS has the socket.
    socket.off('readable', onReadable).off('end', fail);
    socket.unshift(received);
    onRead(verdict.kind === 'read' ? verdict.serverName : undefined);
  };
  socket.on('readable', onReadable).on('error', fail).on('end', fail);
  return fail;
}
