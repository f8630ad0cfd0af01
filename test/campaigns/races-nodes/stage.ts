/**
 * Three node processes over one PostgreSQL database and one place of objects, a DNS server that
 * shows what the racers publish, and engines beside them, where the judge reads what was committed.
 */
import assert from 'node:assert/strict';
import type { Engines } from '../../../src/engines.ts';
import { createAuthority, createKey, type TestCertificate } from '../../support/certificates.ts';
import { openEnginesBeside, openGround, startNodeProcess } from '../../support/cluster.ts';
import { type DnsServer, startDnsServer } from '../../support/dns-server.ts';
import type { ServerProcess } from '../../support/server-process.ts';
import type { TestCredentials } from '../../support/sign.ts';
import { createSignedClient, type SignedClient } from '../../support/signed-client.ts';

export const nodeCount = 3;
const connectionsPerClient = 4;
const certificatesEach = 2;

export type Transfer = 'deny' | 'proof';

/** An account that races, with certificates that no other has, for every domain raced for. */
export interface Racer extends TestCredentials {
  readonly accountId: string;
  readonly certificates: readonly TestCertificate[];
}

export interface Stage {
  readonly nodes: readonly ServerProcess[];
  readonly dns: DnsServer;
  readonly engines: Engines;
  readonly transfer: Transfer;
  createRacer(): Promise<Racer>;
  clientOf(node: number, racer: Racer): SignedClient;
  /** All nodes stop and start again under this rule. */
  restart(transfer: Transfer): Promise<void>;
  close(): Promise<void>;
}

export async function openStage(): Promise<Stage> {
  const dns = await startDnsServer();
  const ground = await openGround({ settings: { DNS_SERVERS: dns.server }, objects: 'folder' });
  const authority = await createAuthority();
  const keys = Array.from({ length: certificatesEach }, () => createKey('P-256'));
  const clients = new Map<string, SignedClient>();
  let nodes: ServerProcess[] = [];
  let engines: Engines | undefined;
  let transfer: Transfer = 'deny';
  let racers = 0;

  async function start(number: number): Promise<ServerProcess> {
    const node = await startNodeProcess(ground, number, { settings: { TRANSFER: transfer } });
    assert.ok(node, `node ${number} was killed`);
    return node;
  }
  async function startAll(): Promise<void> {
    // The first one makes keys and tables; the others find them.
    const first = await start(0);
    nodes = [first];
    nodes.push(...(await Promise.all([start(1), start(2)])));
  }
  async function stopAll(): Promise<void> {
    for (const client of clients.values()) client.close();
    clients.clear();
    const codes = await Promise.all(nodes.map((node) => node.stop()));
    assert.ok(
      codes.every((code) => code === 0),
      `codes after SIGTERM: ${codes}`,
    );
  }
  async function close(): Promise<void> {
    await stopAll();
    await engines?.close();
    await ground.close();
    await dns.close();
  }
  try {
    await startAll();
    engines = await openEnginesBeside(ground);
  } catch (error) {
    await close();
    throw error;
  }
  const { accounts } = engines;
  return {
    dns,
    engines,
    get nodes() {
      return nodes;
    },
    get transfer() {
      return transfer;
    },
    async createRacer() {
      const key = await accounts.createAccount(`racer-${racers++}`);
      const names = ['*.race.example'];
      const certificates = keys.map((each) => authority.issue({ names, key: each }));
      return { ...key, certificates: await Promise.all(certificates) };
    },
    clientOf(node, racer) {
      const name = `${node} ${racer.accountId}`;
      const known = clients.get(name);
      if (known) return known;
      const port = nodes[node]?.httpPort ?? 0;
      const options = { port, credentials: racer, connections: connectionsPerClient };
      const client = createSignedClient(options);
      clients.set(name, client);
      return client;
    },
    async restart(next) {
      await stopAll();
      transfer = next;
      await startAll();
    },
    close,
  };
}
