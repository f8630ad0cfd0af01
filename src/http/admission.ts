import type { Socket } from 'node:net';
import type { HttpLimits } from './limits.ts';

/** Who may connect: counted before TLS and before a byte is read (security.md 6.7). */
export interface Admission {
  /** False: over a cap, and the socket is destroyed already. */
  admit(socket: Socket): boolean;
  readonly open: number;
  readonly refused: number;
  destroyAll(): void;
}

export function createAdmission(limits: HttpLimits): Admission {
  const sockets = new Set<Socket>();
  const perAddress = new Map<string, number>();
  let refused = 0;

  function leave(socket: Socket, address: string): void {
    sockets.delete(socket);
    const left = (perAddress.get(address) ?? 1) - 1;
    if (left === 0) perAddress.delete(address);
    else perAddress.set(address, left);
  }

  return {
    admit(socket) {
      const address = socket.remoteAddress;
      const here = perAddress.get(address ?? '') ?? 0;
      const isFull =
        sockets.size >= limits.connectionsMax || here >= limits.connectionsPerAddressMax;
      // Without an address the client has gone already.
      if (address === undefined || isFull) {
        refused++;
        socket.destroy();
        return false;
      }
      sockets.add(socket);
      perAddress.set(address, here + 1);
      socket.once('close', () => leave(socket, address));
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
