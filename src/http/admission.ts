import type { Socket } from 'node:net';
import type { HttpLimits } from './limits.ts';

/** Who may connect: counted before TLS and before a byte is read (security.md 6.7). */
export interface Admission {
  /** False: over the cap of all connections, and the socket is destroyed already. */
  admit(socket: Socket): boolean;
  /** False: over the cap of this address, and the socket is destroyed already. */
  admitFrom(socket: Socket, address: string): boolean;
  readonly open: number;
  readonly refused: number;
  destroyAll(): void;
}

export function createAdmission(limits: HttpLimits): Admission {
  const sockets = new Set<Socket>();
  const perAddress = new Map<string, number>();
  let refused = 0;

  function refuse(socket: Socket): false {
    refused++;
    socket.destroy();
    return false;
  }

  function leave(address: string): void {
    const left = (perAddress.get(address) ?? 1) - 1;
    if (left === 0) perAddress.delete(address);
    else perAddress.set(address, left);
  }

  return {
    admit(socket) {
      // Without an address the client has gone already.
      if (socket.remoteAddress === undefined) return refuse(socket);
      if (sockets.size >= limits.connectionsMax) return refuse(socket);
      sockets.add(socket);
      socket.on('close', () => sockets.delete(socket));
      return true;
    },
    admitFrom(socket, address) {
      const here = perAddress.get(address) ?? 0;
      if (here >= limits.connectionsPerAddressMax) return refuse(socket);
      perAddress.set(address, here + 1);
      socket.on('close', () => leave(address));
      return true;
    },
    get open() {
      return sockets.size;
    },
    get refused() {
      return refused;
    },
    destroyAll() {
      for (const socket of sockets) socket.destroy();
    },
  };
}
