/** Thousands of connections that do very little, each of them all the time. */
import { once } from 'node:events';
import { connect as connectTcp, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type { Shop } from './canary.ts';

export interface Guests {
  readonly open: number;
  /** To be called every second: keeps each of them what it is. */
  tick(): void;
  leave(): Promise<void>;
}

/** An address each for so many, as a crowd has. */
const perAddress = 200;
const connectingAtOnce = 64;

function addressOf(index: number): string {
  const host = Math.floor(index / perAddress) + 2;
  return `127.0.${Math.floor(host / 250)}.${host % 250}`;
}

async function gather(count: number, join: (index: number) => Promise<Socket>): Promise<Socket[]> {
  const sockets: Socket[] = [];
  let next = 0;
  const lanes = Array.from({ length: connectingAtOnce }, async () => {
    while (next < count) {
      const socket = await join(next++);
      socket.on('error', () => {});
      sockets.push(socket);
    }
  });
  await Promise.all(lanes);
  return sockets;
}

async function leaveAll(sockets: readonly Socket[]): Promise<void> {
  const closed = sockets.map((socket) => (socket.closed ? undefined : once(socket, 'close')));
  for (const socket of sockets) socket.destroy();
  await Promise.all(closed);
}

const openOf = (sockets: readonly Socket[]): number =>
  sockets.filter((socket) => !socket.destroyed && socket.readyState === 'open').length;

/** TLS connections that ask for the page now and then, so that they may stay. */
export async function seatIdle(shop: Shop, count: number): Promise<Guests> {
  const ask = `HEAD ${shop.path} HTTP/1.1\r\nHost: ${shop.domain}\r\n\r\n`;
  const sockets = await gather(count, async (index) => {
    const address = { host: '127.0.0.1', port: shop.httpsPort, localAddress: addressOf(index) };
    const tls = { servername: shop.domain, rejectUnauthorized: false };
    const socket = connectTls({ ...address, ...tls });
    await once(socket, 'secureConnect');
    socket.resume();
    socket.write(ask);
    return socket;
  });
  let turn = 0;
  /** Each within so many seconds, less than an idle connection may last. */
  const turns = 8;
  return {
    get open() {
      return openOf(sockets);
    },
    tick() {
      turn += 1;
      for (let at = turn % turns; at < sockets.length; at += turns) sockets[at]?.write(ask);
    },
    leave: () => leaveAll(sockets),
  };
}

const sipBytes = 2_048;

/** Connections that asked for something large and take it in sips. */
export async function seatSlow(shop: Shop, path: string, count: number): Promise<Guests> {
  const sockets = await gather(count, async (index) => {
    const socket = connectTcp({
      host: '127.0.0.1',
      port: shop.httpPort,
      localAddress: addressOf(index),
    });
    await once(socket, 'connect');
    // With a listener and without a reader the system's own buffer is all that fills.
    socket.on('readable', () => {});
    socket.write(`GET ${path} HTTP/1.1\r\nHost: ${shop.domain}\r\n\r\n`);
    return socket;
  });
  return {
    get open() {
      return openOf(sockets);
    },
    tick() {
      for (const socket of sockets) socket.read(Math.min(sipBytes, socket.readableLength));
    },
    leave: () => leaveAll(sockets),
  };
}
