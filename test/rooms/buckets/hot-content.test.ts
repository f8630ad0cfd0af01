/** Small contents in memory: bounded by bytes, least recently read first to go. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createHotContent } from '../../../src/buckets/hot-content.ts';

test('what is beyond the bound goes, least recently read first', () => {
  const hot = createHotContent(30 * 1024);
  hot.keep('a', Buffer.alloc(9 * 1024));
  hot.keep('b', Buffer.alloc(9 * 1024));
  hot.keep('c', Buffer.alloc(9 * 1024));
  assert.ok(hot.find('a'));
  hot.keep('d', Buffer.alloc(9 * 1024));
  assert.equal(hot.find('b'), undefined);
  assert.ok(hot.find('a') && hot.find('c') && hot.find('d'));
});

test('keeping the same content twice counts it once', () => {
  const hot = createHotContent(20 * 1024);
  for (let time = 0; time < 5; time++) hot.keep('a', Buffer.alloc(9 * 1024));
  hot.keep('b', Buffer.alloc(9 * 1024));
  assert.ok(hot.find('a') && hot.find('b'));
});

test('a content larger than the bound is not kept', () => {
  const hot = createHotContent(20 * 1024);
  hot.keep('a', Buffer.alloc(21 * 1024));
  assert.equal(hot.find('a'), undefined);
});

test('empty contents are bounded too', () => {
  const hot = createHotContent(100 * 1024);
  for (let index = 0; index < 1000; index++) hot.keep(`empty-${index}`, Buffer.alloc(0));
  assert.equal(hot.find('empty-0'), undefined);
  assert.ok(hot.find('empty-999'));
});
