/** CRC-64/XZ against published values, a slow computation of its own definition, and itself. */
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import fc from 'fast-check';
import { createCrc64 } from '../../../src/buckets/crc64.ts';
import { combineCrc64 } from '../../../src/buckets/crc64-combine.ts';

function crc64(...chunks: Uint8Array[]): string {
  const running = createCrc64();
  for (const chunk of chunks) running.update(chunk);
  return running.digest();
}

/** The definition, bit by bit. */
function slowCrc64(bytes: Uint8Array): string {
  let register = 0xffffffffffffffffn;
  for (const byte of bytes) {
    register ^= BigInt(byte);
    for (let bit = 0; bit < 8; bit++) {
      register = register & 1n ? (register >> 1n) ^ 0xc96c5795d7870f42n : register >> 1n;
    }
  }
  return (register ^ 0xffffffffffffffffn).toString();
}

test('the published values of crc64ecma', async () => {
  const file = new URL('../../fixtures/signature-vectors.json', import.meta.url);
  const vectors = JSON.parse(await readFile(file, 'utf8'));
  const values: { data_utf8: string; crc64ecma: string }[] = vectors.crc64_ecma.values;
  assert.ok(values.length >= 3);
  for (const { data_utf8: data, crc64ecma } of values) {
    assert.equal(crc64(Buffer.from(data)), crc64ecma, data);
  }
});

test('every length around the step of eight agrees with the definition', () => {
  const bytes = Buffer.from(Array.from({ length: 40 }, (_, index) => (index * 151 + 7) % 256));
  for (let length = 0; length <= bytes.length; length++) {
    const part = bytes.subarray(0, length);
    assert.equal(crc64(part), slowCrc64(part), `${length} bytes`);
  }
});

test('any bytes agree with the definition, however they are cut', () => {
  const property = fc.property(
    fc.uint8Array({ maxLength: 3000 }),
    fc.array(fc.nat(3000), { maxLength: 4 }),
    (bytes, cuts) => {
      const places = [0, ...cuts.map((cut) => Math.min(cut, bytes.length)), bytes.length];
      places.sort((a, b) => a - b);
      const chunks = places.slice(1).map((end, index) => bytes.subarray(places[index], end));
      assert.equal(crc64(...chunks), slowCrc64(bytes));
    },
  );
  fc.assert(property, { numRuns: 60 });
});

test('content longer than the window of the module', () => {
  const bytes = Buffer.alloc(200_001, 'abc');
  const halves = crc64(bytes.subarray(0, 65_537), bytes.subarray(65_537));
  assert.equal(crc64(bytes), halves);
  assert.equal(crc64(bytes), slowCrc64(bytes));
});

test('checksums that run side by side do not disturb each other', () => {
  const one = createCrc64();
  const other = createCrc64();
  one.update(Buffer.from('1234'));
  other.update(Buffer.from('hel'));
  one.update(Buffer.from('56789'));
  other.update(Buffer.from('lo'));
  assert.equal(one.digest(), '11051210869376104954');
  assert.equal(other.digest(), '11177612005948864433');
});

test('checksums of pieces give that of the whole, wherever it is cut', () => {
  const property = fc.property(
    fc.uint8Array({ maxLength: 3000 }),
    fc.array(fc.nat(3000), { maxLength: 4 }),
    (bytes, cuts) => {
      const places = [0, ...cuts.map((cut) => Math.min(cut, bytes.length)), bytes.length];
      places.sort((a, b) => a - b);
      const pieces = places.slice(1).map((end, index) => bytes.subarray(places[index], end));
      const known = pieces.map((piece) => ({ crc64: crc64(piece), size: piece.length }));
      assert.equal(combineCrc64(known), crc64(bytes));
    },
  );
  fc.assert(property, { numRuns: 100 });
});

test('the checksum of a content of 10,000 equal parts, and of parts beyond 4 GiB', () => {
  const part = Buffer.alloc(100, 'part');
  const known = { crc64: crc64(part), size: part.length };
  const parts = Array.from({ length: 10_000 }, () => known);
  assert.equal(combineCrc64(parts), crc64(Buffer.alloc(1_000_000, 'part')));
  assert.equal(combineCrc64([]), '0');
  // Halves of 5 GiB of zeros, put together in two ways.
  const zeros = (doublings: number): { crc64: string; size: number } => {
    if (doublings === 0) return { crc64: crc64(Buffer.alloc(1024)), size: 1024 };
    const half = zeros(doublings - 1);
    return { crc64: combineCrc64([half, half]), size: 2 * half.size };
  };
  const [four, one, five] = [zeros(22), zeros(20), 5 * 1024 ** 3];
  assert.equal(four.size + one.size, five);
  assert.equal(combineCrc64([four, one]), combineCrc64([one, four]));
});
