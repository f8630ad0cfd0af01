/**
 * Three real nodes over one PostgreSQL database, each behind a relay of its own that can cut its
 * connections, and a DNS server that shows what a history published.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  createAuthority,
  createKey,
  type TestCertificate,
  type TestKey,
} from '../../support/certificates.ts';
import { type DnsServer, startDnsServer } from '../../support/dns-server.ts';
import { startTestPostgres } from '../../support/postgres.ts';
import { startTestServer, type TestServer } from '../../support/server.ts';
import type { TestCredentials } from '../../support/sign.ts';
import { createSignedClient, type SignedClient } from '../../support/signed-client.ts';
import { startTcpProxy, type TcpProxy } from '../../support/tcp-proxy.ts';

export const nodeCount = 3;
const connectionsPerClient = 8;

export interface Node {
  readonly server: TestServer;
  /** Between the node and the database. */
  readonly relay: TcpProxy;
}

export interface Account extends TestCredentials {
  readonly accountId: string;
}

export interface Stage {
  readonly transfer: 'deny' | 'proof';
  readonly nodes: readonly Node[];
  readonly dns: DnsServer;
  /** New ones: limits that count per account never meet those of an earlier history. */
  createAccounts(count: number): Promise<readonly Account[]>;
  /** Good for all of these names. */
  createCertificate(names: readonly string[]): Promise<TestCertificate>;
  openClient(node: number, credentials: TestCredentials): SignedClient;
  stopNode(node: number): Promise<void>;
  /** Starts the nodes that stopped; every node answers from the database after this. */
  recover(): Promise<void>;
  close(): Promise<void>;
}

export async function openStage(transfer: Stage['transfer']): Promise<Stage> {
  const folder = await mkdtemp(join(tmpdir(), 'cnamed-histories-'));
  const postgres = await startTestPostgres();
  const address = new URL(await postgres.createDatabase());
  const dns = await startDnsServer();
  const authority = await createAuthority();
  const keys: readonly TestKey[] = [createKey('P-256'), createKey('P-256')];
  const nodes: Node[] = [];
  const stopped = new Set<number>();
  let accountNumber = 0;
  let certificateNumber = 0;

  async function startNode(relay: TcpProxy, at?: string): Promise<TestServer> {
    const url = new URL(address);
    url.host = `127.0.0.1:${relay.port}`;
    return await startTestServer({
      ...(at === undefined ? {} : { folder: at }),
      settings: {
        DATABASE_URL: url.href,
        MASTER_KEY_FILE: join(folder, 'master.key'),
        OBJECT_STORE: `file://${join(folder, 'objects')}`,
        DNS_SERVERS: dns.server,
        TRANSFER: transfer,
        HTTPS: 'off',
      },
    });
  }
  for (let number = 0; number < nodeCount; number++) {
    const relay = await startTcpProxy({ host: address.hostname, port: Number(address.port) });
    nodes.push({ relay, server: await startNode(relay) });
  }
  return {
    transfer,
    nodes,
    dns,
    async createAccounts(count) {
      const made: Account[] = [];
      for (let each = 0; each < count; each++) {
        const { server } = nodes[each % nodeCount] as Node;
        made.push(await server.rooms.accounts.createAccount(`account-${accountNumber++}`));
      }
      return made;
    },
    createCertificate: (names) => {
      const key = keys[certificateNumber++ % keys.length];
      return authority.issue({ names, ...(key ? { key } : {}) });
    },
    openClient: (node, credentials) =>
      createSignedClient({
        port: nodes[node]?.server.httpPort ?? 0,
        credentials,
        connections: connectionsPerClient,
      }),
    async stopNode(number) {
      stopped.add(number);
      await nodes[number]?.server.stop();
    },
    async recover() {
      for (const { relay } of nodes) relay.onRequest = () => 'pass';
      for (const number of stopped) {
        const { relay, server } = nodes[number] as Node;
        nodes[number] = { relay, server: await startNode(relay, server.folder) };
      }
      stopped.clear();
      for (const { server } of nodes) await answering(server);
    },
    async close() {
      for (const { server, relay } of nodes) {
        await server.close();
        await relay.shut();
      }
      await dns.close();
      await postgres.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Connections that broke while they waited are found broken by whoever asks next. */
async function answering(server: TestServer): Promise<void> {
  const client = createSignedClient({ port: server.httpPort, credentials: server });
  try {
    for (let good = 0; good < connectionsPerClient; ) {
      const { status } = await client.call({ method: 'GET' });
      good = status === 200 ? good + 1 : 0;
    }
  } finally {
    client.close();
  }
}
