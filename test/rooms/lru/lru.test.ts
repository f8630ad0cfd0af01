import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Lru } from '../../../src/lru/index.ts';

const seed = Number(process.env.SEED ?? Date.now() % 2 ** 31);

function fill(lru: Lru<string>, keys: string, cost?: number): Lru<string> {
  for (const key of keys) lru.keep(key, key.toUpperCase(), cost);
  return lru;
}
const keysOf = (lru: Lru<string>): string => [...lru].map(([key]) => key).join('');

test('what was used least lately goes first, by count', () => {
  const lru = fill(new Lru<string>({ countMax: 3 }), 'abc');
  assert.equal(lru.find('a'), 'A');
  assert.equal(lru.peek('b'), 'B', 'which is no use');
  fill(lru, 'd');
  assert.equal(keysOf(lru), 'cad');
  assert.equal(lru.find('b'), undefined);
  assert.equal(lru.count, 3);
});

test('and by what all cost together', () => {
  const lru = fill(new Lru<string>({ costMax: 10 }), 'abcde', 2);
  assert.equal(lru.cost, 10);
  lru.keep('f', 'F', 5);
  assert.equal(keysOf(lru), 'def');
  assert.equal(lru.cost, 9);
  lru.keep('e', 'large', 11);
  assert.equal(keysOf(lru), 'df', 'others stay beside a value that is too large');
  assert.equal(lru.cost, 7);
});

test('a value takes the place and the cost of the one before it', () => {
  const lru = fill(new Lru<string>({ costMax: 10 }), 'abc', 3);
  lru.keep('a', 'again', 4);
  assert.equal(keysOf(lru), 'bca');
  assert.equal(lru.find('a'), 'again');
  assert.equal(lru.cost, 10);
});

test('whoever wants to know is told of each value that is not kept any more', () => {
  const told: string[] = [];
  const lru = new Lru<string>({ countMax: 2, costMax: 9 }, (key, value) => told.push(key + value));
  fill(lru, 'abc');
  lru.drop('b');
  lru.drop('b');
  lru.drop('never');
  fill(lru, 'de');
  lru.keep('e', 'again');
  lru.keep('f', 'large', 10);
  lru.clear();
  assert.deepEqual(told, ['aA', 'bB', 'cC', 'eE', 'flarge']);
  assert.equal(lru.count, 0);
  assert.equal(lru.cost, 0);
});

test('names of the language are keys like any other', () => {
  const lru = fill(new Lru<string>({}), '');
  for (const key of ['__proto__', 'constructor', 'toString']) {
    assert.equal(lru.find(key), undefined);
    lru.keep(key, key);
    assert.equal(lru.find(key), key);
  }
});

/** The same by a list that is gone through each time. */
class Model {
  entries: [key: string, value: number, cost: number][] = [];
  readonly told: string[] = [];
  readonly bounds: { countMax: number; costMax: number };

  constructor(bounds: { countMax: number; costMax: number }) {
    this.bounds = bounds;
  }

  find(key: string): number | undefined {
    const found = this.entries.find(([each]) => each === key);
    if (found) this.entries = [...this.entries.filter((each) => each !== found), found];
    return found?.[1];
  }

  keep(key: string, value: number, cost: number): void {
    this.drop(key);
    this.entries.push([key, value, cost]);
    if (cost > this.bounds.costMax) this.drop(key);
    while (this.entries.length > this.bounds.countMax || this.cost > this.bounds.costMax) {
      this.drop(this.entries[0]?.[0] ?? '');
    }
  }

  drop(key: string): void {
    const found = this.entries.find(([each]) => each === key);
    if (found) this.told.push(`${key}${found[1]}`);
    this.entries = this.entries.filter((each) => each !== found);
  }

  clear(): void {
    this.entries = [];
  }

  get cost(): number {
    return this.entries.reduce((sum, [, , cost]) => sum + cost, 0);
  }
}

const keys = fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f');
const step = fc.oneof(
  { weight: 4, arbitrary: fc.record({ what: fc.constant('find' as const), key: keys }) },
  {
    weight: 4,
    arbitrary: fc.record({ what: fc.constant('keep' as const), key: keys, cost: fc.nat(6) }),
  },
  { weight: 2, arbitrary: fc.record({ what: fc.constant('drop' as const), key: keys }) },
  { weight: 1, arbitrary: fc.record({ what: fc.constant('clear' as const) }) },
);

test('in whatever order it is used, it keeps what a list would keep', (context) => {
  context.diagnostic(`SEED=${seed}`);
  fc.assert(
    fc.property(
      fc.record({ countMax: fc.nat(4), costMax: fc.nat(12) }),
      fc.array(step, { maxLength: 60 }),
      (bounds, steps) => {
        const told: string[] = [];
        const lru = new Lru<number>(bounds, (key, value) => told.push(`${key}${value}`));
        const model = new Model(bounds);
        for (const [number, each] of steps.entries()) {
          if (each.what === 'find') assert.equal(lru.find(each.key), model.find(each.key));
          if (each.what === 'drop') for (const one of [lru, model]) one.drop(each.key);
          if (each.what === 'clear') for (const one of [lru, model]) one.clear();
          if (each.what === 'keep') {
            for (const one of [lru, model]) one.keep(each.key, number, each.cost);
          }
          assert.deepEqual(
            [...lru],
            model.entries.map(([key, value]) => [key, value]),
          );
          assert.equal(lru.count, model.entries.length);
          assert.equal(lru.cost, model.cost);
        }
        assert.deepEqual(told, model.told);
      },
    ),
    { seed },
  );
});
