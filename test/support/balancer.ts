/**
 * A load balancer as people put in front of nodes: forwards TCP connections in turn to those nodes
 * whose /ready is green, and says whose a connection is (PROXY protocol, version 2).
 */
import { once } from 'node:events';
import { get } from 'node:http';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { ipv4Header } from './proxy-header.ts';

export interface BalancedNode {
  readonly httpPort: number;
  readonly httpsPort: number;
  readonly consolePort: number;
}

export interface Balancer {
  readonly httpPort: number;
  readonly httpsPort: number;
  /** In place of the node of the same name, if there is one; its health is asked from now on. */
  put(name: string, node: BalancedNode): void;
  /** Resolves when so many nodes are green. */
  untilReady(count: number): Promise<void>;
  close(): Promise<void>;
}

/** Short, so that a test is; a balancer of the world asks every second or two. */
const checkEveryMs = 50;

export async function startBalancer(): Promise<Balancer> {
  const nodes = new Map<string, BalancedNode>();
  const green = new Set<BalancedNode>();
  const open = new Set<Socket>();
  const over = new AbortController();
  let turn = 0;

  async function check(): Promise<void> {
    while (!over.signal.aborted) {
      await Promise.all([...nodes.values()].map(checkNode));
      await delay(checkEveryMs, undefined, { signal: over.signal }).catch(() => {});
    }
  }

  async function checkNode(node: BalancedNode): Promise<void> {
    const isReady = await new Promise<boolean>((resolve) => {
      const asking = get(
        { host: '127.0.0.1', port: node.consolePort, path: '/ready', agent: false },
        (answer) => {
          answer.resume();
          resolve(answer.statusCode === 200);
        },
      );
      asking.once('error', () => resolve(false));
    });
    if (isReady && [...nodes.values()].includes(node)) green.add(node);
    else green.delete(node);
  }

  async function listen(portOf: (node: BalancedNode) => number): Promise<Server> {
    const server = createServer({ allowHalfOpen: true }, (client) => {
      const ready = [...green];
      const node = ready[turn++ % ready.length];
      if (node === undefined) {
        client.destroy();
        return;
      }
      const behind = connect({ host: '127.0.0.1', port: portOf(node), allowHalfOpen: true });
      behind.write(ipv4Header(client.remoteAddress ?? ''));
      for (const [from, to] of [
        [client, behind],
        [behind, client],
      ] as const) {
        open.add(from);
        from.pipe(to);
        from.once('error', () => to.destroy());
        from.once('close', () => {
          open.delete(from);
          to.destroySoon();
        });
      }
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return server;
  }

  const [http, https] = [await listen((node) => node.httpPort), await listen((n) => n.httpsPort)];
  const checking = check();
  return {
    httpPort: (http.address() as AddressInfo).port,
    httpsPort: (https.address() as AddressInfo).port,
    put(name, node) {
      const before = nodes.get(name);
      if (before) green.delete(before);
      nodes.set(name, node);
    },
    async untilReady(count) {
      const late = AbortSignal.timeout(30_000);
      while (green.size !== count) {
        if (late.aborted) throw new Error(`${green.size} nodes are ready, not ${count}.`);
        await delay(checkEveryMs);
      }
    },
    async close() {
      over.abort();
      await checking;
      for (const socket of open) socket.destroy();
      await Promise.all([http, https].map((server) => once(server.close(), 'close')));
    },
  };
}
