/** Thousands of connections that do very little, each of them all the time. */
import { once } from 'node:events';
import { connect as connectTcp, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type { Chance } from '../../support/chance.ts';
import type { Shop } from './canary.ts';

export interface Guests {
  readonly open: number;
  /**
   * To be called every `tickMs`: keeps some of them what they are. So few at once that they come as
   * those do who know nothing of each other: what comes in one burst is no crowd that wants little.
   */
  tick(): void;
  leave(): Promise<void>;
}

export const tickMs = 10;

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

/** Each is cared for once within so many milliseconds. */
function guestsOf(
  sockets: readonly Socket[],
  withinMs: number,
  care: (socket: Socket) => void,
): Guests {
  const turns = withinMs / tickMs;
  let turn = 0;
  return {
    get open() {
      return openOf(sockets);
    },
    tick() {
      turn += 1;
      for (let at = turn % turns; at < sockets.length; at += turns) {
        const socket = sockets[at];
        if (socket !== undefined) care(socket);
      }
    },
    leave: () => leaveAll(sockets),
  };
}

const seatsPerTurn = 2_000;

/** TLS connections that ask for the page now and then, so that they may stay. */
export async function seatIdle(shop: Shop, count: number): Promise<Guests> {
  const seated: Socket[] = [];
  const ask = `HEAD ${shop.path} HTTP/1.1\r\nHost: ${shop.domain}\r\n\r\n`;
  const sockets = await gather(count, async (index) => {
    const address = { host: '127.0.0.1', port: shop.httpsPort, localAddress: addressOf(index) };
    const tls = { servername: shop.domain, rejectUnauthorized: false };
    const socket = connectTls({ ...address, ...tls });
    await once(socket, 'secureConnect');
    socket.resume();
    socket.write(ask);
    seated.push(socket);
    // Seating all of them may take longer than an idle connection lasts.
    if (seated.length % seatsPerTurn === 0) for (const each of seated) each.write(ask);
    return socket;
  });
  return guestsOf(sockets, 8_000, (socket) => void socket.write(ask));
}

const sipBytes = 2_048;

/** Connections that asked for something large and take it in sips. */
export async function seatSlow(
  shop: Shop,
  path: string,
  count: number,
  chance: Chance,
): Promise<Guests> {
  const sockets = await gather(count, async (index) => {
    const socket = connectTcp({
      host: '127.0.0.1',
      port: shop.httpPort,
      localAddress: addressOf(index),
    });
    await once(socket, 'connect');
    // With a listener and without a reader the system's own buffer is all that fills. Each has
    // drunk some already: else all of them would empty theirs in the same second.
    socket.on('readable', () => {});
    socket.once('readable', () => socket.read(chance.int(socket.readableLength + 1)));
    socket.write(`GET ${path} HTTP/1.1\r\nHost: ${shop.domain}\r\n\r\n`);
    return socket;
  });
  return guestsOf(sockets, 1_000, (socket) => {
    socket.read(Math.min(sipBytes, socket.readableLength));
  });
}
