/** Clients that map domains, change their certificates, unbind and unmap. */
import assert from 'node:assert/strict';
import type { TestCertificate } from '../../support/certificates.ts';
import type { Chance } from '../../support/chance.ts';
import { leafShown } from '../../support/handshake.ts';
import { deleteCname, putCname } from '../../support/put-cname.ts';
import type { Answer, SignedClient } from '../../support/signed-client.ts';
import { Ledger } from './ledger.ts';

/** `null` unmapped, `''` mapped without a certificate, else the SHA-256 of the leaf bound. */
export type Mapping = string | null;

const domainsPerWorker = 6;

export class DomainWorker {
  readonly #bucket: string;
  readonly #chance: Chance;
  readonly #certificates: readonly TestCertificate[];
  readonly domains: readonly Ledger<Mapping>[];

  constructor(
    number: number,
    bucket: string,
    chance: Chance,
    certificates: readonly TestCertificate[],
  ) {
    this.#bucket = bucket;
    this.#chance = chance;
    this.#certificates = certificates;
    this.domains = Array.from(
      { length: domainsPerWorker },
      (_, index) => new Ledger<Mapping>(`w${number}-${index}.kill.example`, null),
    );
  }

  /** Changes mappings until the server is gone. */
  async work(client: SignedClient, isOver: () => boolean): Promise<void> {
    while (!isOver()) {
      const domain = this.#chance.pick(this.domains);
      const act = this.#chance.int(8);
      if (act === 0) {
        await domain.change(null, () => good(deleteCname(client, this.#bucket, domain.name)));
      } else if (act === 1 && domain.sure !== null) {
        const options = { isUnbind: true };
        await domain.change('', () => good(putCname(client, this.#bucket, domain.name, options)));
      } else {
        const certificate = this.#chance.pick(this.#certificates);
        await domain.change(certificate.x509.fingerprint256, () =>
          good(putCname(client, this.#bucket, domain.name, { certificate })),
        );
      }
    }
  }

  /** Asks for a page and a handshake of every domain, and compares; returns how many. */
  async check(client: SignedClient, httpsPort: number, page: Buffer): Promise<number> {
    for (const domain of this.domains) {
      const answer = await client.get(domain.name, '/page');
      const leaf = await leafShown(httpsPort, domain.name);
      if (answer.status === 404) {
        assert.match(answer.body.toString(), /<Code>NoSuchBucket<\/Code>/);
        assert.equal(leaf, undefined, `${domain.name}: a certificate without a mapping`);
        domain.settle(null);
        continue;
      }
      assert.equal(answer.status, 200, `reading from ${domain.name}`);
      assert.ok(answer.body.equals(page), `${domain.name}: another page`);
      domain.settle(leaf ?? '');
    }
    return this.domains.length;
  }
}

async function good(work: Promise<Answer>): Promise<void> {
  const { status, body } = await work;
  assert.equal(status, 200, body.toString());
}
