import { type ContentKeys, createContentKeys } from '../buckets/index.ts';
import { catalogue } from './catalogue.ts';
import type { CheckInput, FindingKind, Plan, Subject } from './types.ts';

/** Rows read at a time; the largest of them (a chain with its key) has some kilobytes. */
export const pageSize = 200;

/** What the steps of one check share: its input, its pace and its account. */
export class Run {
  readonly input: CheckInput;
  readonly startedAt: number;
  /** Of encrypted contents. */
  readonly keys: ContentKeys;
  plan: Plan | undefined;
  objects = 0;
  bytes = 0;
  readonly found = { damage: 0, damageRepaired: 0, leftOvers: 0, leftOversRepaired: 0 };
  #step = '';
  #readingSince = 0;
  #dueAt = 0;

  constructor(input: CheckInput) {
    this.input = input;
    this.keys = createContentKeys(input.sealer, input.world.random);
    this.startedAt = input.world.clock.monotonicMs();
  }

  get bucketId(): number | undefined {
    return this.input.bucket?.id;
  }

  begin(step: string): void {
    this.#step = step;
    this.#tellProgress();
  }

  announce(plan: Plan): void {
    this.plan = plan;
    this.#readingSince = this.input.world.clock.monotonicMs();
    this.#dueAt = this.#readingSince;
    this.input.onPlan(plan);
  }

  tell(kind: FindingKind, subject: Subject, what: string, isRepaired = false): void {
    const { weight, advice: general } = catalogue[kind];
    const { domain = 'DOMAIN', bucket = 'BUCKET' } = subject;
    const advice = general.replace('DOMAIN', domain).replace('BUCKET', bucket);
    const isDamage = weight === 'damage';
    this.found[isDamage ? 'damage' : 'leftOvers'] += 1;
    if (isRepaired) this.found[isDamage ? 'damageRepaired' : 'leftOversRepaired'] += 1;
    const clause = what.replace(/\.$/, '');
    this.input.onFinding({ kind, weight, ...subject, what: clause, advice, isRepaired });
  }

  countObject(): void {
    this.objects += 1;
    this.#tellProgress();
  }

  countBytes(bytes: number): void {
    this.bytes += bytes;
    this.#tellProgress();
  }

  /** Resolves when the next bytes may be read after so many: all lanes together keep the rate. */
  async keepRate(bytes: number): Promise<void> {
    const { bytesPerSecond, world } = this.input;
    if (bytesPerSecond === undefined) return;
    const now = world.clock.monotonicMs();
    this.#dueAt = Math.max(this.#dueAt, now) + (bytes / bytesPerSecond) * 1000;
    const waitMs = this.#dueAt - now;
    if (waitMs >= 1) await world.timers.delay(waitMs);
  }

  #tellProgress(): void {
    const { objects, bytes, plan } = this;
    const since = plan === undefined ? this.startedAt : this.#readingSince;
    const elapsedMs = this.input.world.clock.monotonicMs() - since;
    this.input.onProgress({ step: this.#step, objects, bytes, elapsedMs, plan });
  }
}

/** Every row of a table, page by page; `placeOf` says behind which the next page begins. */
export async function* rowsOf<Row, Place>(
  first: Place,
  read: (after: Place, limit: number) => Promise<Row[]>,
  placeOf: (row: Row) => Place,
): AsyncGenerator<Row> {
  for await (const page of pagesOf(first, read, placeOf)) yield* page;
}

export async function* pagesOf<Row, Place>(
  first: Place,
  read: (after: Place, limit: number) => Promise<Row[]>,
  placeOf: (row: Row) => Place,
): AsyncGenerator<Row[]> {
  for (let after = first; ; ) {
    const page = await read(after, pageSize);
    if (page.length > 0) yield page;
    const last = page.at(-1);
    if (last === undefined || page.length < pageSize) return;
    after = placeOf(last);
  }
}

export function isJsonObject(text: string): boolean {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value);
  } catch {
    return false;
  }
}
