/** Clients that write objects: new ones, over old ones, and away again. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import type { Chance } from '../../support/chance.ts';
import type { SignedClient } from '../../support/signed-client.ts';
import { Ledger } from './ledger.ts';

/** SHA-256 of the content, or nothing there. */
export type Content = string | null;

const keysPerWriter = 40;
/** From empty over one disk page to several chunks of a socket. */
const sizes = [0, 1, 4_095, 4_096, 20_000, 65_536, 300_000];

export class ObjectWriter {
  readonly #bucket: string;
  readonly #chance: Chance;
  readonly objects: readonly Ledger<Content>[];
  /** Looked at in the next round: what was touched since the last one. */
  readonly #touched = new Set<Ledger<Content>>();

  constructor(number: number, bucket: string, chance: Chance) {
    this.#bucket = bucket;
    this.#chance = chance;
    this.objects = Array.from(
      { length: keysPerWriter },
      (_, index) => new Ledger<Content>(`writer-${number}/object-${index}`, null),
    );
  }

  /** Writes until the server is gone. */
  async work(client: SignedClient, isOver: () => boolean): Promise<void> {
    while (!isOver()) {
      const object = this.#chance.pick(this.objects);
      this.#touched.add(object);
      const target = { bucket: this.#bucket, key: object.name };
      if (object.sure !== null && this.#chance.one(5)) {
        await object.change(null, async () => {
          const { status } = await client.call({ ...target, method: 'DELETE' });
          assert.equal(status, 204, `deleting ${object.name}`);
        });
        continue;
      }
      const body = this.#chance.bytes(this.#chance.pick(sizes));
      await object.change(hash(body), async () => {
        const { status } = await client.call({ ...target, method: 'PUT', body });
        assert.equal(status, 200, `putting ${object.name}`);
      });
    }
  }

  /** Reads what was touched, and a few others, and compares; returns how many. */
  async check(client: SignedClient, isAll: boolean): Promise<number> {
    const looked = new Set(isAll ? this.objects : this.#touched);
    for (let count = 0; count < 3; count++) looked.add(this.#chance.pick(this.objects));
    this.#touched.clear();
    for (const object of looked) {
      const answer = await client.call({ bucket: this.#bucket, key: object.name });
      if (answer.status === 404) {
        assert.match(answer.body.toString(), /<Code>NoSuchKey<\/Code>/);
        object.settle(null);
        continue;
      }
      assert.equal(answer.status, 200, `reading ${object.name}`);
      assert.equal(answer.body.length, Number(answer.headers['content-length']), object.name);
      object.settle(hash(answer.body));
    }
    return looked.size;
  }
}

function hash(content: Buffer): string {
  return createHash('sha256').update(content).digest('hex');
}
