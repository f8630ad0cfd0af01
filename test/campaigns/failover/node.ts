/** A node of the cluster with the clients that write through it. */
import assert from 'node:assert/strict';
import { setTimeout as delay } from 'node:timers/promises';
import { s3TestKey } from '../../support/s3-server.ts';
import { type ServerProcess, startServerProcess } from '../../support/server-process.ts';
import {
  createSignedClient,
  type SignedCall,
  type SignedClient,
} from '../../support/signed-client.ts';
import type { DomainWorker } from '../kills/domains.ts';
import type { Ledger } from '../kills/ledger.ts';
import type { ObjectWriter } from '../kills/objects.ts';

const credentials = {
  accessKeyId: 'LTAIFailoverCampaign0000',
  accessKeySecret: 'failover-campaign-secret-0123456789',
};

/** A node that has not found the new primary by then never will. */
const recoveryWithinMs = 30_000;
const againMs = 20;

interface NodeOptions {
  readonly dataDir: string;
  readonly settings: Readonly<Record<string, string>>;
  readonly writers: readonly ObjectWriter[];
  readonly workers: readonly DomainWorker[];
}

export async function startFailoverNode(options: NodeOptions): Promise<FailoverNode> {
  const node = new FailoverNode(options);
  await node.start();
  return node;
}

export class FailoverNode {
  readonly #options: NodeOptions;
  #server: ServerProcess | undefined;
  #probe: SignedClient | undefined;
  /** How often something was compared with what must be true of it. */
  looked = 0;

  constructor(options: NodeOptions) {
    this.#options = options;
  }

  get ledgers(): readonly Ledger<string | null>[] {
    const { writers, workers } = this.#options;
    return [
      ...writers.flatMap(({ objects }) => [...objects]),
      ...workers.flatMap(({ domains }) => [...domains]),
    ];
  }

  async start(): Promise<void> {
    const { dataDir, settings } = this.#options;
    this.#server = await startServerProcess({
      dataDir,
      ...credentials,
      settings: {
        ...settings,
        OBJECT_STORE_KEY_ID: s3TestKey.accessKeyId,
        OBJECT_STORE_KEY_SECRET: s3TestKey.secretAccessKey,
      },
    });
    this.#probe = this.client(4);
  }

  async stop(): Promise<void> {
    this.#probe?.close();
    await this.#server?.stop();
  }

  async restart(): Promise<void> {
    this.#probe?.close();
    assert.equal(await this.#server?.stop(), 0, 'exit code after SIGTERM');
    await this.start();
  }

  client(connections = 1): SignedClient {
    return createSignedClient({ port: this.#server?.httpPort ?? 0, credentials, connections });
  }

  /** A call that must succeed. */
  async make(call: SignedCall): Promise<Buffer> {
    assert.ok(this.#probe);
    const { status, body } = await this.#probe.call(call);
    assert.equal(status, 200, body.toString());
    return body;
  }

  /** Writes through fail-overs: what was refused is looked at as soon as the node can tell. */
  work(page: Buffer, isOver: () => boolean): Promise<void>[] {
    const { writers, workers } = this.#options;
    const httpsPort = this.#server?.httpsPort ?? 0;
    const through = async (
      work: (client: SignedClient) => Promise<void>,
      check: (client: SignedClient) => Promise<number>,
    ): Promise<void> => {
      const client = this.client();
      try {
        while (!isOver()) {
          try {
            await work(client);
          } catch (error) {
            if (!isRefusal(error)) throw this.#told(error);
            await this.recovered();
            this.looked += await check(client);
          }
        }
      } finally {
        client.close();
      }
    };
    return [
      ...writers.map((writer) =>
        through(
          (client) => writer.work(client, isOver),
          (client) => writer.check(client, false),
        ),
      ),
      ...workers.map((worker) =>
        through(
          (client) => worker.work(client, isOver),
          (client) => worker.check(client, httpsPort, page),
        ),
      ),
    ];
  }

  /** Resolves when a write is acknowledged. */
  async recovered(): Promise<void> {
    const until = performance.now() + recoveryWithinMs;
    const bucket = 'failover-rival';
    for (;;) {
      const answer = await this.#probe?.call({ method: 'PUT', bucket, key: 'probe', body: 'x' });
      if (answer?.status === 200) return;
      assert.equal(answer?.status, 503, String(answer?.body));
      assert.ok(answer.headers['retry-after'], 'a refusal says when to come again');
      assert.ok(performance.now() < until, `no recovery: ${this.#server?.condition()}`);
      await delay(againMs);
    }
  }

  async look(page: Buffer, isAll: boolean): Promise<void> {
    const { writers, workers } = this.#options;
    const client = this.client(4);
    const httpsPort = this.#server?.httpsPort ?? 0;
    for (const writer of writers) this.looked += await writer.check(client, isAll);
    for (const worker of workers) this.looked += await worker.check(client, httpsPort, page);
    client.close();
  }

  #told(error: unknown): Error {
    return new Error(`a client failed; the node: ${this.#server?.condition()}`, { cause: error });
  }
}

/** Answered 503: nothing was acknowledged, and the change may have been made. */
export function isRefusal(error: unknown): boolean {
  return error instanceof assert.AssertionError && error.actual === 503;
}
