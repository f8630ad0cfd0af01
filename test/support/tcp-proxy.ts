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
  /** Refuses new connections and lets those go on that stand. */
  refuse(): void;
  /** Connections that stand. */
  readonly standing: number;
  /** Until `speak` nothing arrives on either side, and nobody is told: a cable that is out. */
  hush(): void;
  speak(): void;
  /** Connections ever accepted. */
  readonly accepted: number;
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
  let accepted = 0;
  let clients = 0;
  let isHushed = false;
  const held: (() => void)[] = [];
  const deliver = (work: () => void): void => {
    if (isHushed) held.push(work);
    else work();
  };
  const proxy = {
    onRequest: (() => 'pass') as TcpProxy['onRequest'],
    get port() {
      return port;
    },
    refuse() {
      server.close();
    },
    get standing() {
      return clients;
    },
    get accepted() {
      return accepted;
    },
    hush() {
      isHushed = true;
    },
    speak() {
      isHushed = false;
      for (const work of held.splice(0)) work();
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
    accepted += 1;
    clients += 1;
    client.once('close', () => {
      clients -= 1;
    });
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
      deliver(() => upstream.write(chunk));
    });
    upstream.on('data', (chunk: Buffer) => {
      if (isCuttingAnswer) end();
      else {
        const passed = filter(chunk);
        deliver(() => client.write(passed));
      }
    });
  });
  await proxy.open();
  return proxy;
}
