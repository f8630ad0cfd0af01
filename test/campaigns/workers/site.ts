/** One domain of two buckets, changed in every way there is, and what each worker must show. */
import type { TestCertificate } from '../../support/certificates.ts';
import type { Chance } from '../../support/chance.ts';
import { deleteCname, putCname } from '../../support/put-cname.ts';
import type { Answer, SignedClient } from '../../support/signed-client.ts';

export const domain = 'www.workers.example';
export const pageKey = 'page.html';
export const buckets = ['workers-one', 'workers-two'] as const;

type Bucket = (typeof buckets)[number];

interface BucketState {
  isPublic: boolean;
  page: string;
}

/** What is true, as far as answers have said. */
export class Site {
  readonly #chance: Chance;
  readonly #certificates: readonly TestCertificate[];
  readonly #states: Record<Bucket, BucketState> = {
    'workers-one': { isPublic: true, page: 'a' },
    'workers-two': { isPublic: true, page: 'b' },
  };
  #mapped: Bucket | undefined;
  #certificate: TestCertificate | undefined;
  #count = 0;

  constructor(chance: Chance, certificates: readonly TestCertificate[]) {
    this.#chance = chance;
    this.#certificates = certificates;
  }

  /** Of a request to the domain: status, and the body of a page. */
  get expected(): { readonly status: number; readonly page: string | undefined } {
    if (this.#mapped === undefined) return { status: 404, page: undefined };
    const { isPublic, page } = this.#states[this.#mapped];
    return isPublic ? { status: 200, page } : { status: 403, page: undefined };
  }

  /** Of a handshake; `undefined`: it is refused. */
  get expectedLeaf(): string | undefined {
    return this.#certificate?.x509.fingerprint256;
  }

  async build(client: SignedClient): Promise<void> {
    for (const bucket of buckets) {
      await done(client.call({ method: 'PUT', bucket, headers: { 'x-oss-acl': 'public-read' } }));
      await this.#putPage(client, bucket, this.#states[bucket].page);
    }
  }

  /** One change, made and answered. Returns its name. */
  async change(client: SignedClient): Promise<string> {
    const [bucket, other] = this.#chance.pick([
      [buckets[0], buckets[1]],
      [buckets[1], buckets[0]],
    ] as const);
    if (this.#mapped === undefined) {
      await this.#map(client, bucket);
      return 'mapped';
    }
    const change = this.#chance.pick(['swap', 'swap', 'unbind', 'move', 'acl', 'page'] as const);
    if (change === 'swap') await this.#swap(client, this.#mapped);
    else if (change === 'unbind') await this.#unbind(client, this.#mapped);
    else if (change === 'acl') await this.#turnAcl(client, this.#mapped);
    else if (change === 'page') {
      this.#count += 1;
      await this.#putPage(client, this.#mapped, `page ${this.#count}`);
    } else {
      await done(deleteCname(client, this.#mapped, domain));
      this.#mapped = undefined;
      this.#certificate = undefined;
      if (this.#chance.one(2)) await this.#map(client, other);
    }
    return change;
  }

  async #map(client: SignedClient, bucket: Bucket): Promise<void> {
    const certificate = this.#chance.one(3) ? undefined : this.#chance.pick(this.#certificates);
    await done(putCname(client, bucket, domain, certificate && { certificate }));
    this.#mapped = bucket;
    this.#certificate = certificate;
  }

  async #swap(client: SignedClient, bucket: Bucket): Promise<void> {
    const certificate = this.#chance.pick(this.#certificates);
    await done(putCname(client, bucket, domain, { certificate }));
    this.#certificate = certificate;
  }

  async #unbind(client: SignedClient, bucket: Bucket): Promise<void> {
    await done(putCname(client, bucket, domain, { isUnbind: true }));
    this.#certificate = undefined;
  }

  async #turnAcl(client: SignedClient, bucket: Bucket): Promise<void> {
    const state = this.#states[bucket];
    const acl = state.isPublic ? 'private' : 'public-read';
    const query = { acl: undefined };
    await done(client.call({ method: 'PUT', bucket, query, headers: { 'x-oss-acl': acl } }));
    state.isPublic = !state.isPublic;
  }

  async #putPage(client: SignedClient, bucket: Bucket, page: string): Promise<void> {
    await done(client.call({ method: 'PUT', bucket, key: pageKey, body: page }));
    this.#states[bucket].page = page;
  }
}

async function done(answer: Promise<Answer>): Promise<void> {
  const { status, body } = await answer;
  if (status !== 200) throw new Error(`A change was answered ${status}: ${body}`);
}
