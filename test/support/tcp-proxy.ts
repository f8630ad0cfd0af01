/** A relay in front of a server, for tests of connections that break at a chosen moment. */
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

export interface TcpProxy {
  readonly port: number;
  /**
   * Looks at every chunk a client sends. `cut`: it does not arrive and the connection breaks;
   * `cut-answer`: it arrives, and the connection breaks when the server answers.
   */
  onRequest: (chunk: Buffer) => 'pass' | 'cut' | 'cut-answer';
  /** Breaks every connection and refuses new ones until `open`. */
  shut(): Promise<void>;
  open(): Promise<void>;
  /** Breaks every connection that stands. */
  breakAll(): void;
}

/**
 * `createAnswerFilter`: called for each connection; what it returns is given every chunk the server
 * sends, and the client gets what that returns.
 */
export async function startTcpProxy(
  target: { host: string; port: number },
  createAnswerFilter: () => (chunk: Buffer) => Buffer = () => (chunk) => chunk,
): Promise<TcpProxy> {
  const sockets = new Set<Socket>();
  let port = 0;
  const proxy = {
    onRequest: (() => 'pass') as TcpProxy['onRequest'],
    get port() {
      return port;
    },
    breakAll() {
      for (const socket of sockets) socket.destroy();
    },
    async shut() {
      server.close();
      proxy.breakAll();
      if (server.listening) await once(server, 'close');
    },
    async open() {
      server.listen(port, '127.0.0.1');
      await once(server, 'listening');
      port = (server.address() as AddressInfo).port;
    },
  };
  const server = createServer((client) => {
    const upstream = connect(target.port, target.host);
    const end = (): void => {
      client.destroy();
      upstream.destroy();
    };
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on('error', end).on('close', () => {
        sockets.delete(socket);
        end();
      });
    }
    const filter = createAnswerFilter();
    let isCuttingAnswer = false;
    client.on('data', (chunk: Buffer) => {
      const verdict = proxy.onRequest(chunk);
      if (verdict === 'cut') return end();
      if (verdict === 'cut-answer') isCuttingAnswer = true;
      upstream.write(chunk);
    });
    upstream.on('data', (chunk: Buffer) => {
      if (isCuttingAnswer) end();
      else client.write(filter(chunk));
    });
  });
  await proxy.open();
  return proxy;
}
