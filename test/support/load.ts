/** Visitors of one page on connections of their own, who note every request that failed. */
import { connectRaw, type RawClient } from './raw-client.ts';

export interface Load {
  /** Resolves when so many more requests have been answered. */
  untilAnswered(count: number): Promise<void>;
  /** What went wrong, once the last request is over. */
  stop(): Promise<{ readonly failed: readonly string[] }>;
}

export interface LoadOptions {
  readonly port: number;
  readonly host: string;
  readonly path: string;
  readonly connections: number;
  /** Goes on with a new connection when an answer was the last of its own. */
  readonly isReconnecting?: boolean;
}

/** Every connection is open, and has been answered once, when it resolves. */
export async function createLoad(options: LoadOptions): Promise<Load> {
  const { port, host, path, connections, isReconnecting = false } = options;
  const failed: string[] = [];
  let answered = 0;
  let isOver = false;

  /** False when the server has said that this was the last answer of the connection. */
  async function visit(client: RawClient): Promise<boolean> {
    client.send(`GET ${path} HTTP/1.1\r\nHost: ${host}\r\n\r\n`);
    const { status, headers } = await client.response();
    if (status !== 200) failed.push(`status ${status}`);
    answered += 1;
    return headers.connection !== 'close';
  }

  async function open(): Promise<RawClient> {
    const client = await connectRaw({ port });
    await visit(client);
    return client;
  }

  async function goOn(first: RawClient): Promise<void> {
    let client = first;
    try {
      while (!isOver) {
        const isKept = await visit(client);
        if (isKept) continue;
        client.destroy();
        if (!isReconnecting) throw new Error('the last answer of the connection');
        client = await connectRaw({ port });
      }
    } catch (problem) {
      failed.push(problem instanceof Error ? problem.message : String(problem));
    } finally {
      client.destroy();
    }
  }

  const visitors = (await Promise.all(Array.from({ length: connections }, open))).map(goOn);
  return {
    async untilAnswered(count) {
      const wanted = answered + count;
      while (answered < wanted && failed.length === 0) await new Promise(setImmediate);
    },
    async stop() {
      isOver = true;
      await Promise.all(visitors);
      return { failed };
    },
  };
}
