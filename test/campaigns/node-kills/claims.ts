/**
 * Two accounts that claim the same domains on all nodes, with all five operations, while nodes are
 * killed: a domain is in the state last acknowledged, or in one asked for since.
 */
import assert from 'node:assert/strict';
import { setTimeout as delay } from 'node:timers/promises';
import type { TestCertificate } from '../../support/certificates.ts';
import type { Chance } from '../../support/chance.ts';
import { deleteCname, putCname, putCnameDocument } from '../../support/put-cname.ts';
import type { ServerProcess } from '../../support/server-process.ts';
import type { Answer, SignedClient } from '../../support/signed-client.ts';
import { bucketOf, pagePath, type Standing, visitSecurely } from '../propagation/visits.ts';
import { NodeKilled } from './fleet.ts';

const domainsPerWorker = 5;

/** DESIGN ruling 12: what one node changed, the others show by then. */
const boundMs = 10_000;

/** One bucket of one account; its client roams among the nodes. */
export interface Claimant {
  readonly bucket: string;
  readonly client: SignedClient;
}

interface Domain {
  readonly name: string;
  /** One, or several since a change was not answered. */
  possible: readonly Standing[];
  /** By bucket: an acknowledged token stays the same until it is spent. */
  readonly tokens: Map<string, string>;
}

const nothing: Standing = { bucket: undefined, leaf: undefined };

export class ClaimWorker {
  readonly #chance: Chance;
  readonly #claimants: readonly [Claimant, Claimant];
  readonly #certificates: readonly TestCertificate[];
  readonly domains: readonly Domain[];
  acknowledged = 0;
  unanswered = 0;
  contested = 0;

  constructor(
    number: number,
    chance: Chance,
    claimants: readonly [Claimant, Claimant],
    certificates: readonly TestCertificate[],
  ) {
    this.#chance = chance;
    this.#claimants = claimants;
    this.#certificates = certificates;
    this.domains = Array.from({ length: domainsPerWorker }, (_, index) => ({
      name: `w${number}-${index}.node-kill.example`,
      possible: [nothing],
      tokens: new Map(),
    }));
  }

  /** Changes domains until told to stop; what a kill leaves open is looked at and settled. */
  async work(isOver: () => boolean): Promise<void> {
    while (!isOver()) {
      const domain = this.#chance.pick(this.domains);
      const [standing = nothing, ...others] = domain.possible;
      assert.equal(others.length, 0, `${domain.name} is not settled`);
      try {
        if (standing.bucket === undefined) await this.#claim(domain);
        else await this.#change(domain, standing, standing.bucket);
      } catch (error) {
        if (!(error instanceof NodeKilled)) throw error;
        await untilAnswered(() => this.settle(domain));
      }
    }
  }

  /** Nobody has it: a token, or one of the two maps it, or both try at once. */
  async #claim(domain: Domain): Promise<void> {
    const act = this.#chance.int(4);
    if (act === 0) return this.#takeToken(domain, this.#chance.pick(this.#claimants));
    if (act > 1) return this.#map(domain, this.#chance.pick(this.#claimants), this.#anyLeaf());
    const both = this.#claimants.map((claimant) => ({ claimant, leaf: this.#anyLeaf() }));
    domain.possible = [nothing, ...both.map(({ claimant, leaf }) => after(claimant, leaf))];
    this.contested += 1;
    this.unanswered += 1;
    const outcomes = await Promise.allSettled(
      both.map(({ claimant, leaf }) => this.#put(domain, claimant, leaf)),
    );
    const won = outcomes.flatMap((outcome, index) => {
      if (outcome.status === 'rejected' || outcome.value.status !== 200) return [];
      return [both[index] as (typeof both)[number]];
    });
    assert.ok(won.length < 2, `${domain.name} was given to both`);
    const open = outcomes.find((outcome) => outcome.status === 'rejected');
    for (const outcome of outcomes) {
      if (outcome.status === 'fulfilled' && outcome.value.status !== 200) refused(outcome.value);
      const isFault = outcome.status === 'rejected' && !(outcome.reason instanceof NodeKilled);
      if (isFault) throw outcome.reason;
    }
    const [winner] = won;
    // Acknowledged is acknowledged, whatever became of the other.
    if (winner) this.#acknowledge(domain, after(winner.claimant, winner.leaf));
    else if (open) throw open.reason;
    else assert.fail(`${domain.name} was refused to both`);
  }

  async #change(domain: Domain, standing: Standing, bucket: string): Promise<void> {
    const [owner, stranger] =
      this.#claimants[0].bucket === bucket
        ? this.#claimants
        : ([this.#claimants[1], this.#claimants[0]] as const);
    const act = this.#chance.int(8);
    if (act < 3) return this.#map(domain, owner, this.#chance.pick(this.#certificates));
    if (act === 3)
      return this.#ask(domain, nothing, () => deleteCname(owner.client, bucket, domain.name));
    if (act === 4 && standing.leaf !== undefined) {
      const options = { isUnbind: true };
      return this.#ask(domain, { bucket, leaf: undefined }, () =>
        putCname(owner.client, bucket, domain.name, options),
      );
    }
    if (act === 5) return refused(await this.#put(domain, stranger, this.#anyLeaf()));
    // What was acknowledged on any node, the stores of every node tell.
    const seen = await this.#listed(owner, domain);
    assert.deepEqual(seen, standing, `${domain.name} in ListCname`);
  }

  async #takeToken(domain: Domain, claimant: Claimant): Promise<void> {
    const { client, bucket } = claimant;
    const query = { cname: undefined, comp: 'token' };
    const body = putCnameDocument(domain.name);
    const token = tokenIn(await client.call({ method: 'POST', bucket, query, body }));
    const known = domain.tokens.get(bucket);
    if (known !== undefined) assert.equal(token, known, `${domain.name}: another token`);
    domain.tokens.set(bucket, token);
    const asked = { comp: 'token', cname: domain.name };
    assert.equal(tokenIn(await client.call({ bucket, query: asked })), token, domain.name);
    this.acknowledged += 1;
  }

  #map(domain: Domain, claimant: Claimant, certificate: TestCertificate | undefined) {
    return this.#ask(domain, after(claimant, certificate), () =>
      this.#put(domain, claimant, certificate),
    );
  }

  #put(domain: Domain, { client, bucket }: Claimant, certificate: TestCertificate | undefined) {
    // A mapping spends the token; whether it came to that, an answer may not say.
    domain.tokens.delete(bucket);
    return putCname(client, bucket, domain.name, certificate ? { certificate } : {});
  }

  async #ask(domain: Domain, wanted: Standing, work: () => Promise<Answer>): Promise<void> {
    domain.possible = [...domain.possible, wanted];
    this.unanswered += 1;
    const { status, body } = await work();
    assert.equal(status, 200, body.toString());
    this.#acknowledge(domain, wanted);
  }

  #acknowledge(domain: Domain, standing: Standing): void {
    domain.possible = [standing];
    this.unanswered -= 1;
    this.acknowledged += 1;
  }

  #anyLeaf(): TestCertificate | undefined {
    return this.#chance.one(4) ? undefined : this.#chance.pick(this.#certificates);
  }

  /** What the stores say is possible, and of one owner; from then on that is the state. */
  async settle(domain: Domain): Promise<void> {
    const listed: Standing[] = [];
    for (const claimant of this.#claimants) {
      const seen = await this.#listed(claimant, domain);
      if (seen.bucket !== undefined) listed.push(seen);
    }
    assert.ok(listed.length < 2, `${domain.name} has two owners`);
    const seen = listed[0] ?? nothing;
    const isPossible = domain.possible.some(
      ({ bucket, leaf }) => bucket === seen.bucket && leaf === seen.leaf,
    );
    const told = JSON.stringify({ seen, possible: domain.possible });
    assert.ok(isPossible, `${domain.name}: ${told}`);
    domain.possible = [seen];
  }

  async #listed({ client, bucket }: Claimant, domain: Domain): Promise<Standing> {
    const { status, body } = await client.call({ bucket, query: { cname: undefined } });
    assert.equal(status, 200, body.toString());
    const entries = body.toString().match(/<Cname>.*?<\/Cname>/gs) ?? [];
    const entry = entries.find((text) => text.includes(`<Domain>${domain.name}</Domain>`));
    if (entry === undefined) return nothing;
    const fingerprint = /<Fingerprint>([^<]+)</.exec(entry)?.[1];
    const bound = this.#certificates.find(({ x509 }) => x509.fingerprint === fingerprint);
    assert.equal(bound === undefined, fingerprint === undefined, `unknown leaf ${fingerprint}`);
    return { bucket, leaf: bound?.x509.fingerprint256 };
  }

  /** Every domain is served as it stands, on this node, within the bound. Returns how many. */
  async check(server: ServerProcess, visitor: SignedClient): Promise<number> {
    const until = performance.now() + boundMs;
    for (const domain of this.domains) {
      const [standing = nothing] = domain.possible;
      for (;;) {
        const page = bucketOf(await visitor.get(domain.name, pagePath));
        const target = { port: server.httpsPort, domain: domain.name, version: 'TLSv1.3' } as const;
        const { leaf } = await visitSecurely(target);
        if (page === standing.bucket && leaf === standing.leaf) break;
        const seen = JSON.stringify({ page, leaf, standing });
        assert.ok(performance.now() < until, `${domain.name} is served as another: ${seen}`);
        await delay(20);
      }
    }
    return this.domains.length;
  }
}

/** Once more as long as nodes are killed under it. */
export async function untilAnswered(work: () => Promise<void>): Promise<void> {
  for (;;) {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof NodeKilled)) throw error;
    }
  }
}

function after({ bucket }: Claimant, certificate: TestCertificate | undefined): Standing {
  return { bucket, leaf: certificate?.x509.fingerprint256 };
}

function tokenIn({ status, body }: Answer): string {
  const token = /<Token>([^<]+)</.exec(body.toString())?.[1];
  assert.ok(status === 200 && token, body.toString());
  return token;
}

/** As a domain of somebody else is (custom-domain.md 4.3). */
function refused({ status, body }: Answer): void {
  assert.equal(status, 403, body.toString());
  assert.match(body.toString(), /<Code>(CnameDenied|NeedVerifyDomainOwnership)<\/Code>/);
}
