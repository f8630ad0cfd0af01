/** One domain that changes again and again, on any node, and the looks at it on every node. */
import assert from 'node:assert/strict';
import { setTimeout as delay } from 'node:timers/promises';
import type { TestCertificate } from '../../support/certificates.ts';
import type { Chance } from '../../support/chance.ts';
import { deleteCname, putCname } from '../../support/put-cname.ts';
import type { Answer, SignedClient } from '../../support/signed-client.ts';
import { bucketOf, pagePath, type SecureVisit, type Standing, visitSecurely } from './visits.ts';

/** DESIGN ruling 12, whatever messages are lost. */
const boundMs = 10_000;

/** One bucket of one account, and a client of that account on each node. */
export interface Owner {
  readonly bucket: string;
  readonly clients: readonly SignedClient[];
}

export interface LaneStage {
  readonly owners: readonly Owner[];
  readonly certificates: readonly TestCertificate[];
  readonly ports: readonly { readonly httpPort: number; readonly httpsPort: number }[];
  readonly visitors: readonly SignedClient[];
  /** Between two looks at one node. */
  readonly pauseMs: number;
}

/** A session of a node, and whether it may still be resumed. */
interface KeptSession {
  readonly bytes: Buffer;
  isDead: boolean;
}

export interface Arrival {
  readonly act: string;
  /** From the answer of the change to the first right answer on every node. */
  readonly ms: number;
}

type Act = 'map' | 'swap' | 'unbind' | 'unmap' | 'move';

const nothing: Standing = { bucket: undefined, leaf: undefined };

export class Lane {
  readonly #domain: string;
  readonly #version: 'TLSv1.2' | 'TLSv1.3';
  readonly #chance: Chance;
  readonly #stage: LaneStage;
  readonly #sessions: (KeptSession | undefined)[] = [];
  #standing = nothing;
  resumed = 0;
  /** Offers of a session that must not be resumed. */
  deadOffers = 0;
  looks = 0;

  constructor(number: number, chance: Chance, stage: LaneStage) {
    this.#domain = `lane-${number}.propagation.example`;
    this.#version = number % 2 === 0 ? 'TLSv1.3' : 'TLSv1.2';
    this.#chance = chance;
    this.#stage = stage;
  }

  /** One change, waited for on every node. */
  async change(): Promise<Arrival> {
    const act = this.#pickAct();
    const possible = [this.#standing];
    const node = await this.#perform(act, possible);
    const answeredAt = performance.now();
    if (act === 'unbind' || act === 'unmap' || act === 'move') {
      for (const kept of this.#sessions) if (kept) kept.isDead = true;
    }
    // The node that answered is right at once; the looks at the others must not wait for that.
    const arrivals = this.#stage.ports.map((_, index) =>
      this.#arrive(index, possible, answeredAt, index === node),
    );
    return { act, ms: Math.max(...(await Promise.all(arrivals))) };
  }

  #pickAct(): Act {
    if (this.#standing.bucket === undefined) return 'map';
    const acts: Act[] = ['swap', 'swap', 'unmap', 'move'];
    if (this.#standing.leaf !== undefined) acts.push('unbind');
    return this.#chance.pick(acts);
  }

  /** Returns the node that answered; adds to `possible` what stood between. */
  async #perform(act: Act, possible: Standing[]): Promise<number> {
    const { owners, certificates } = this.#stage;
    const node = this.#anyNode();
    const owner = owners.find(({ bucket }) => bucket === this.#standing.bucket);
    if (act === 'unbind' && owner) {
      await this.#put(node, owner, undefined, true);
    } else if (act === 'swap' && owner) {
      const others = certificates.filter((one) => leafOf(one) !== this.#standing.leaf);
      await this.#put(node, owner, this.#chance.pick(others));
    } else if (act === 'map') {
      await this.#put(node, this.#chance.pick(owners), this.#anyCertificate());
    } else if (owner) {
      await good(deleteCname(clientAt(owner, node), owner.bucket, this.#domain));
      this.#standing = nothing;
      if (act === 'unmap') return node;
      // To another account, on any node, before the news of the first half is anywhere.
      possible.push(nothing);
      const next = this.#chance.pick(owners.filter((each) => each !== owner));
      const nextNode = this.#anyNode();
      await this.#put(nextNode, next, this.#anyCertificate());
      return nextNode;
    }
    return node;
  }

  #anyNode(): number {
    return this.#chance.int(this.#stage.ports.length);
  }

  #anyCertificate(): TestCertificate | undefined {
    return this.#chance.one(5) ? undefined : this.#chance.pick(this.#stage.certificates);
  }

  async #put(
    node: number,
    owner: Owner,
    certificate: TestCertificate | undefined,
    isUnbind = false,
  ): Promise<void> {
    const options = { isUnbind, ...(certificate ? { certificate } : {}) };
    await good(putCname(clientAt(owner, node), owner.bucket, this.#domain, options));
    this.#standing = { bucket: owner.bucket, leaf: certificate && leafOf(certificate) };
  }

  /** Until the node is right in every way; until then it shows what was, and nothing else. */
  async #arrive(
    node: number,
    possible: readonly Standing[],
    answeredAt: number,
    isFirst: boolean,
  ): Promise<number> {
    const wanted = this.#standing;
    const waitFor = async (isRight: () => Promise<boolean>, what: string): Promise<void> => {
      while (!(await isRight())) {
        const ms = performance.now() - answeredAt;
        const where = `${this.#domain} on node ${node + 1}: ${what}`;
        assert.ok(!isFirst, `${where} is not right after its own answer`);
        assert.ok(ms < boundMs, `${where} is not right after ${ms.toFixed(0)} ms`);
        await delay(this.#stage.pauseMs);
      }
    };
    await waitFor(() => this.#isPageRight(node, wanted, possible), 'page');
    let fresh: SecureVisit | undefined;
    await waitFor(async () => {
      fresh = await this.#visit(node, undefined, possible);
      return fresh.leaf === wanted.leaf;
    }, 'handshake');
    const kept = this.#sessions[node];
    if (kept !== undefined) {
      await waitFor(() => this.#isResumptionRight(node, kept, wanted, possible), 'session');
    }
    const ms = performance.now() - answeredAt;
    if (fresh?.session) this.#sessions[node] = { bytes: fresh.session, isDead: false };
    return ms;
  }

  async #isPageRight(
    node: number,
    wanted: Standing,
    possible: readonly Standing[],
  ): Promise<boolean> {
    this.looks++;
    const visitor = this.#stage.visitors[node];
    assert.ok(visitor);
    const bucket = bucketOf(await visitor.get(this.#domain, pagePath));
    this.#mustBeKnown('bucket', bucket, [wanted, ...possible]);
    return bucket === wanted.bucket;
  }

  async #isResumptionRight(
    node: number,
    kept: KeptSession,
    wanted: Standing,
    possible: readonly Standing[],
  ): Promise<boolean> {
    const { isResumed, bucket, leaf } = await this.#visit(node, kept.bytes, possible);
    if (kept.isDead) this.deadOffers++;
    else if (isResumed) this.resumed++;
    if (isResumed) return !kept.isDead && bucket === wanted.bucket;
    return leaf === wanted.leaf;
  }

  async #visit(
    node: number,
    session: Buffer | undefined,
    possible: readonly Standing[],
  ): Promise<SecureVisit> {
    this.looks++;
    const port = this.#stage.ports[node]?.httpsPort ?? 0;
    const target = { port, domain: this.#domain, version: this.#version, session };
    const visit = await visitSecurely(target);
    const known = [this.#standing, ...possible];
    if (!visit.isResumed) this.#mustBeKnown('leaf', visit.leaf, known);
    if (visit.leaf !== undefined) this.#mustBeKnown('bucket', visit.bucket, known);
    return visit;
  }

  #mustBeKnown(
    what: keyof Standing,
    seen: string | undefined,
    possible: readonly Standing[],
  ): void {
    const known = possible.map((standing) => standing[what]);
    assert.ok(known.includes(seen), `${this.#domain}: ${what} ${seen}, possible ${known}`);
  }
}

function clientAt(owner: Owner, node: number): SignedClient {
  const client = owner.clients[node];
  assert.ok(client, `no client of node ${node}`);
  return client;
}

function leafOf(certificate: TestCertificate): string {
  return certificate.x509.fingerprint256;
}

async function good(work: Promise<Answer>): Promise<void> {
  const { status, body } = await work;
  assert.equal(status, 200, body.toString());
}
