import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Lru } from '../../../src/lru/index.ts';

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
