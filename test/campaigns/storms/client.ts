/** One client of the storm: writes, reads, copies and deletes what others write, too. */
import assert from 'node:assert/strict';
import type { Chance } from '../../support/chance.ts';
import type { Answer, SignedClient } from '../../support/signed-client.ts';
import type { Contents } from './contents.ts';
import type { History } from './history.ts';

export const bucket = 'storm-bucket';
const kibibyte = 1024;
const mebibyte = 1024 * kibibyte;

const smallKeys = Array.from({ length: 24 }, (_, index) => `small/${index}`);
/** Their contents go in parts of 8 MiB. */
const largeKeys = Array.from({ length: 4 }, (_, index) => `large/${index}`);
export const keys: readonly string[] = [...smallKeys, ...largeKeys];
const partBytes = 8 * mebibyte;
const sizesSmall = [8, 4 * kibibyte, 4 * kibibyte, 100 * kibibyte, 700 * kibibyte];
const sizesLarge = [partBytes + 1, 9 * mebibyte, 17 * mebibyte];

type Deed = 'put' | 'put large' | 'get' | 'range' | 'get large' | 'copy' | 'copy large' | 'delete';
const deeds: readonly (readonly [Deed, number])[] = [
  ['put', 36],
  ['put large', 3],
  ['get', 22],
  ['range', 18],
  ['get large', 3],
  ['copy', 8],
  ['copy large', 2],
  ['delete', 8],
];

/** Codes of a refusal that a store in trouble explains. */
const refusals = new Set([500, 503]);

export class StormClient {
  readonly #client: SignedClient;
  readonly #chance: Chance;
  readonly #contents: Contents;
  readonly #history: History;
  refused = 0;
  brokenOff = 0;
  /** Requests that the store would have seen of what was done, had it had no fault. */
  due = 0;

  constructor(
    client: SignedClient,
    chance: Chance,
    { contents, history }: { contents: Contents; history: History },
  ) {
    this.#client = client;
    this.#chance = chance;
    this.#contents = contents;
    this.#history = history;
  }

  async step(): Promise<void> {
    const deed = this.#draw();
    const key = this.#chance.pick(deed.endsWith('large') ? largeKeys : smallKeys);
    if (deed.startsWith('put')) return await this.#put(key, deed === 'put large');
    if (deed.startsWith('copy')) return await this.#copy(key, deed === 'copy large');
    if (deed === 'delete') return await this.#delete(key);
    await this.read(this.#chance.pick(deed === 'range' ? keys : [key]), deed === 'range');
  }

  /** Whole, or some bytes of it. */
  async read(key: string, isRange = false): Promise<void> {
    const begunAt = this.#history.tick();
    const [first, count] = [this.#chance.int(4 * kibibyte), 1 + this.#chance.int(64 * kibibyte)];
    const headers = isRange ? { range: `bytes=${first}-${first + count - 1}` } : {};
    this.due += 1;
    const answer = await this.#ask({ method: 'GET', key, headers });
    if (answer === undefined) return;
    if (answer.status === 404) return this.#history.read(key, 'absent', begunAt);
    // The whole object is what a range that it has not asks for.
    assert.ok([200, 206].includes(answer.status), `${answer.status} ${answer.body}`);
    const tag = String(answer.headers.etag).replaceAll('"', '');
    const content = this.#contents.withTag(tag);
    assert.ok(content, `${key} has the tag ${tag}, which nobody wrote`);
    const whole = this.#contents.bytesOf(content);
    const expected = answer.status === 206 ? whole.subarray(first, first + count) : whole;
    assert.ok(expected.equals(answer.body), `${key}: wrong bytes (${answer.body.length} of them)`);
    this.#history.read(key, tag, begunAt);
  }

  async #put(key: string, isLarge: boolean): Promise<void> {
    const content = this.#contents.make(this.#chance.pick(isLarge ? sizesLarge : sizesSmall));
    const begunAt = this.#history.tick();
    this.due += isLarge ? 3 + Math.ceil(content.size / partBytes) : 1;
    const body = this.#contents.bytesOf(content);
    const answer = await this.#ask({ method: 'PUT', key, body });
    // What may stand is taken away again: the object, and the upload of one in parts.
    if (answer === undefined) this.due += isLarge ? 2 : 1;
    if (answer?.status === 200) this.#history.acknowledged(key, content.tag, begunAt);
    else assert.equal(answer, undefined, `${answer?.status} ${answer?.body}`);
  }

  async #copy(key: string, isLarge: boolean): Promise<void> {
    const source = this.#chance.pick(isLarge ? largeKeys : smallKeys);
    if (source === key) return;
    const begunAt = this.#history.tick();
    this.due += 3;
    const headers = { 'x-oss-copy-source': `/${bucket}/${source}` };
    const answer = await this.#ask({ method: 'PUT', key, headers });
    if (answer === undefined) return;
    if (answer.status === 404) return this.#history.read(source, 'absent', begunAt);
    assert.equal(answer.status, 200, answer.body.toString());
    const tag = /<ETag>(?:&quot;|")?([0-9A-F]{32})/.exec(answer.body.toString())?.[1] ?? '';
    this.#history.read(source, tag, begunAt);
    this.#history.acknowledged(key, tag, begunAt);
  }

  async #delete(key: string): Promise<void> {
    const begunAt = this.#history.tick();
    const answer = await this.#ask({ method: 'DELETE', key });
    if (answer?.status === 204) this.#history.acknowledged(key, 'absent', begunAt);
  }

  /** `undefined`: refused, or the answer broke off before its end. */
  async #ask(call: {
    method: string;
    key: string;
    headers?: Record<string, string>;
    body?: Buffer;
  }): Promise<Answer | undefined> {
    try {
      const answer = await this.#client.call({ ...call, bucket });
      if (!refusals.has(answer.status)) return answer;
      this.refused += 1;
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      assert.ok(code === 'ECONNRESET' || code === 'EPIPE', `${call.method} ${call.key}: ${error}`);
      this.brokenOff += 1;
    }
    return undefined;
  }

  #draw(): Deed {
    let left = this.#chance.int(deeds.reduce((sum, [, weight]) => sum + weight, 0));
    for (const [deed, weight] of deeds) {
      left -= weight;
      if (left < 0) return deed;
    }
    return 'get';
  }
}
