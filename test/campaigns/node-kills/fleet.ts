/** Node processes that are killed and started again, and clients that roam among the living. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { Chance } from '../../support/chance.ts';
import { type ClusterGround, startNodeProcess } from '../../support/cluster.ts';
import { administer } from '../../support/postgres.ts';
import type { ServerProcess } from '../../support/server-process.ts';
import type { TestCredentials } from '../../support/sign.ts';
import { createSignedClient, type SignedClient } from '../../support/signed-client.ts';

/** A request was under way on a node that was killed: whether it was done, nobody said. */
export class NodeKilled extends Error {
  override readonly name = 'NodeKilled';
}

/** PostgreSQL ends the session of a client that is gone when its statement ends. */
const sessionsEndMs = 20_000;

interface FleetNode {
  readonly number: number;
  /** The account of this node alone at PostgreSQL: it tells the node's sessions from others. */
  readonly role: string;
  server: ServerProcess | undefined;
  /** By access key id. */
  readonly clients: Map<string, SignedClient>;
  /** Set while the node is killed or gone: resolves when nothing of it can act any more. */
  gone: Promise<void> | undefined;
}

export class Fleet {
  readonly #ground: ClusterGround;
  readonly #chance: Chance;
  readonly #nodes: FleetNode[] = [];
  slowestStartMs = 0;
  killedStarts = 0;

  constructor(ground: ClusterGround, count: number, chance: Chance) {
    this.#ground = ground;
    this.#chance = chance;
    const run = randomBytes(4).toString('hex');
    for (let number = 0; number < count; number += 1) {
      const role = `cnamed_node_${run}_${number}`;
      this.#nodes.push({ number, role, server: undefined, clients: new Map(), gone: undefined });
    }
  }

  async open(): Promise<void> {
    for (const { role } of this.#nodes) {
      const text = `create role ${role} superuser login password '${role}'`;
      await administer(this.#ground.databaseUrl, text);
    }
    for (const { number } of this.#nodes) await this.start(number);
  }

  async close(): Promise<void> {
    for (const node of this.#nodes) {
      if (node.server) await this.kill(node.number);
      await administer(this.#ground.databaseUrl, `drop owned by ${node.role} cascade`);
      await administer(this.#ground.databaseUrl, `drop role if exists ${node.role}`);
    }
  }

  get servers(): readonly ServerProcess[] {
    return this.#nodes.flatMap(({ server }) => (server ? [server] : []));
  }

  /** With a chance of one in `killedOneIn` killed before it is ready, and started once more. */
  async start(number: number, killedOneIn?: number): Promise<void> {
    const node = this.#nodeOf(number);
    const url = new URL(this.#ground.settings.DATABASE_URL ?? '');
    url.username = node.role;
    url.password = node.role;
    const settings = { DATABASE_URL: url.href };
    while (killedOneIn !== undefined && this.#chance.one(killedOneIn)) {
      const killUnreadyAfterMs = this.#chance.int(900);
      const early = await startNodeProcess(this.#ground, number, { settings, killUnreadyAfterMs });
      await early?.kill();
      await this.#sessionsEnded(node.role);
      this.killedStarts += 1;
    }
    const server = await startNodeProcess(this.#ground, number, { settings });
    assert.ok(server, `node ${number + 1} died at its start`);
    this.slowestStartMs = Math.max(this.slowestStartMs, server.readyAfterMs);
    node.server = server;
    node.gone = undefined;
  }

  /** SIGKILL. Resolves when PostgreSQL has ended everything the node had begun. */
  async kill(number: number): Promise<void> {
    const node = this.#nodeOf(number);
    const { server } = node;
    assert.ok(server, `node ${number + 1} does not run`);
    node.server = undefined;
    node.gone = (async () => {
      await server.kill();
      for (const client of node.clients.values()) client.close();
      node.clients.clear();
      await this.#sessionsEnded(node.role);
    })();
    await node.gone;
  }

  /** Asks any living node; rejects with `NodeKilled` when that is killed meanwhile. */
  roaming(credentials: TestCredentials): SignedClient {
    const ask = async <Value>(work: (client: SignedClient) => Promise<Value>): Promise<Value> => {
      const node = this.#chance.pick(this.#nodes.filter(({ server }) => server !== undefined));
      const { server } = node;
      try {
        return await work(this.#clientAt(node, credentials));
      } catch (error) {
        // A connection breaks because its node is killed, or that is what was found.
        if (node.server === server) throw new Error(server?.condition(), { cause: error });
        await node.gone;
        throw new NodeKilled('killed meanwhile', { cause: error });
      }
    };
    return {
      call: (call) => ask((client) => client.call(call)),
      get: (host, path) => ask((client) => client.get(host, path)),
      close() {},
    };
  }

  /** A client of one living node. */
  at(server: ServerProcess, credentials: TestCredentials): SignedClient {
    const node = this.#nodes.find((each) => each.server === server);
    assert.ok(node, 'that node does not run');
    return this.#clientAt(node, credentials);
  }

  #clientAt(node: FleetNode, credentials: TestCredentials): SignedClient {
    const known = node.clients.get(credentials.accessKeyId);
    if (known) return known;
    const port = node.server?.httpPort ?? 0;
    const client = createSignedClient({ port, credentials, connections: 8 });
    node.clients.set(credentials.accessKeyId, client);
    return client;
  }

  #nodeOf(number: number): FleetNode {
    const node = this.#nodes[number];
    assert.ok(node, `no node ${number}`);
    return node;
  }

  async #sessionsEnded(role: string): Promise<void> {
    const text = `select pid from pg_stat_activity where usename = '${role}'`;
    const until = performance.now() + sessionsEndMs;
    while ((await administer(this.#ground.databaseUrl, text)).rows.length > 0) {
      assert.ok(performance.now() < until, `PostgreSQL keeps sessions of ${role}`);
      await delay(10);
    }
  }
}
