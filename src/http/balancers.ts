/**
 * Connections that come through a balancer: whose they are stands in a header before the first byte
 * of the client, TLS included, and is taken off here. What a balancer must send is required of it;
 * from anybody else no such header is read (the specification: a receiver must not guess).
 */
import { BlockList, isIP, type Socket } from 'node:net';
import type { World } from '../world/index.ts';
import { type ProxyVerdict, proxyHeaderBytesMax, readProxyHeader } from './proxy-protocol.ts';

export interface Balancers {
  /** Whether this connection must begin with a header. */
  isBalancer(socket: Socket): boolean;
  /**
   * Takes the header off; then `next` is told whose connection it is, and the socket is as if it
   * had just been opened. A header that is malformed or late ends the connection.
   */
  receive(socket: Socket, next: (source: string) => void): void;
  /** The client behind a connection; `undefined` for one that came by itself. */
  sourceOf(socket: Socket): string | undefined;
}

/** From the opening of the connection to the end of the header; balancers send it at once. */
const headerWithinMs = 3_000;

/** @param networks addresses (`192.0.2.1`) and networks (`10.0.0.0/8`, `2001:db8::/32`) */
export function createBalancers(networks: readonly string[], world: World): Balancers {
  const known = blockList(networks);
  /** By both ends of the connection: TLS hides the socket below it. */
  const sources = new Map<string, string>();

  function remember(socket: Socket, source: string): void {
    const key = endsOf(socket);
    sources.set(key, source);
    socket.once('close', () => sources.delete(key));
  }

  return {
    isBalancer(socket) {
      if (networks.length === 0) return false;
      const address = plainAddress(socket.remoteAddress ?? '');
      const family = isIP(address);
      return family !== 0 && known.check(address, family === 6 ? 'ipv6' : 'ipv4');
    },
    receive(socket, next) {
      let received: Buffer = Buffer.alloc(0);
      const over = new AbortController();
      const onGone = (): void => {
        over.abort();
        socket.destroy();
      };
      const onReadable = (): void => {
        let verdict: ProxyVerdict = { kind: 'incomplete' };
        while (verdict.kind === 'incomplete') {
          const chunk = socket.read() as Buffer | null;
          if (chunk === null) return;
          received = Buffer.concat([received, chunk]);
          verdict = readProxyHeader(received.subarray(0, proxyHeaderBytesMax));
        }
        if (verdict.kind === 'malformed') {
          onGone();
          return;
        }
        over.abort();
        socket.off('readable', onReadable).off('error', onGone).off('end', onGone);
        const rest = received.subarray(verdict.length);
        if (rest.length > 0) socket.unshift(rest);
        const source = verdict.source ?? plainAddress(socket.remoteAddress ?? '');
        remember(socket, source);
        next(source);
      };
      socket.on('readable', onReadable).on('error', onGone).on('end', onGone);
      socket.once('close', () => over.abort());
      world.timers.delay(headerWithinMs, over.signal).then(onGone, () => {});
    },
    sourceOf: (socket) => (sources.size === 0 ? undefined : sources.get(endsOf(socket))),
  };
}

/** IPv4 as IPv4, also on a listener for both. */
export function plainAddress(address: string): string {
  return address.replace(/^::ffff:(?=[0-9.]+$)/, '');
}

function endsOf({ remoteAddress, remotePort, localAddress, localPort }: Socket): string {
  return `${remoteAddress} ${remotePort} ${localAddress} ${localPort}`;
}

function blockList(networks: readonly string[]): BlockList {
  const list = new BlockList();
  for (const network of networks) {
    const [address = '', bits] = network.split('/');
    const family = isIP(address) === 6 ? 'ipv6' : 'ipv4';
    if (bits === undefined) list.addAddress(address, family);
    else list.addSubnet(address, Number(bits), family);
  }
  return list;
}
