/**
 * CRC-64/XZ of two contents one after the other, from their checksums and the length of the second:
 * appending n zero bytes multiplies a checksum by x^8n, modulo the polynomial. Pure.
 *
 * Values are polynomials over GF(2) in reflected order, as two 32-bit halves: the highest bit is
 * x^0.
 */

interface Polynomial {
  readonly high: number;
  readonly low: number;
}

/** 0xC96C5795D7870F42, the polynomial with its bits in reverse order (crc64.ts). */
const reversedHigh = 0xc96c5795;
const reversedLow = 0xd7870f42;

const one: Polynomial = { high: 0x80000000, low: 0 };
/** x^8, what one byte multiplies by. */
const byteStep: Polynomial = { high: 0x00800000, low: 0 };

function multiply(factor: Polynomial, other: Polynomial): Polynomial {
  let { high, low } = other;
  let productHigh = 0;
  let productLow = 0;
  for (let bit = 0; bit < 64; bit++) {
    const half = bit < 32 ? factor.high : factor.low;
    if ((half >>> (31 - (bit & 31))) & 1) {
      productHigh ^= high;
      productLow ^= low;
    }
    const isOver = low & 1;
    low = (low >>> 1) | (high << 31);
    high >>>= 1;
    if (isOver) {
      high ^= reversedHigh;
      low ^= reversedLow;
    }
  }
  return { high: productHigh >>> 0, low: productLow >>> 0 };
}

/** Steps of 1, 2, 4, ... bytes, made as they are needed. */
const steps: Polynomial[] = [byteStep];

function stepOf(doublings: number): Polynomial {
  for (let have = steps.length; have <= doublings; have++) {
    const before = steps[have - 1] ?? one;
    steps.push(multiply(before, before));
  }
  return steps[doublings] ?? one;
}

function stepOver(byteCount: number): Polynomial {
  let step = one;
  for (let left = byteCount, doublings = 0; left > 0; left = Math.floor(left / 2), doublings++) {
    if (left % 2 === 1) step = multiply(step, stepOf(doublings));
  }
  return step;
}

/** A content known by its checksum: unsigned decimal, as the API writes it. */
export interface ChecksummedContent {
  readonly crc64: string;
  readonly size: number;
}

/** The checksum of these contents one after the other. */
export function combineCrc64(contents: Iterable<ChecksummedContent>): string {
  let whole: Polynomial = { high: 0, low: 0 };
  // Parts mostly have one size; what it multiplies by is found once.
  let known = { size: 0, step: one };
  for (const { crc64, size } of contents) {
    if (size !== known.size) known = { size, step: stepOver(size) };
    const shifted = multiply(known.step, whole);
    const value = BigInt(crc64);
    whole = {
      high: (shifted.high ^ Number(value >> 32n)) >>> 0,
      low: (shifted.low ^ Number(value & 0xffffffffn)) >>> 0,
    };
  }
  return ((BigInt(whole.high) << 32n) | BigInt(whole.low)).toString();
}
