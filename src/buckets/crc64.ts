/**
 * CRC-64/XZ, which OSS calls crc64ecma: polynomial 0x42F0E1EBA9EA3693, reflected, register preset
 * to and finally xored with all ones (oss-protocol.md 2.2).
 */
import {
  assembleCrc64Module,
  registerAt,
  tableCount,
  windowAt,
  windowBytes,
} from './crc64-module.ts';

/** A running checksum. */
export interface Crc64 {
  update(bytes: Uint8Array): void;
  /** The checksum of everything so far, unsigned decimal as the API writes it. */
  digest(): string;
}

/** The polynomial with its bits in reverse order. */
const reversedPolynomial = 0xc96c5795d7870f42n;

/** As much of the WebAssembly interface as is used; the type library knows it for browsers only. */
declare const WebAssembly: {
  readonly Module: new (bytes: Uint8Array<ArrayBuffer>) => object;
  readonly Instance: new (module: object) => { readonly exports: unknown };
};

interface ModuleExports {
  readonly memory: { readonly buffer: ArrayBuffer };
  readonly update: (length: number) => void;
}

interface Engine {
  readonly update: (length: number) => void;
  /** The register as two 32-bit halves, low first. */
  readonly register: Uint32Array;
  readonly window: Uint8Array;
}

/**
 * One engine serves every checksum of the process: an update loads the register, works without a
 * pause and takes the register out again.
 */
let engine: Engine | undefined;

function startEngine(): Engine {
  const instance = new WebAssembly.Instance(new WebAssembly.Module(assembleCrc64Module()));
  const { memory, update } = instance.exports as ModuleExports;
  const entries = new BigUint64Array(memory.buffer, 0, tableCount * 256);
  for (let byte = 0; byte < 256; byte++) {
    let remainder = BigInt(byte);
    for (let bit = 0; bit < 8; bit++) {
      remainder = remainder & 1n ? (remainder >> 1n) ^ reversedPolynomial : remainder >> 1n;
    }
    entries[byte] = remainder;
  }
  // Table k is table k-1 moved on by one zero byte.
  for (let index = 256; index < entries.length; index++) {
    const before = entries[index - 256] ?? 0n;
    entries[index] = (before >> 8n) ^ (entries[Number(before & 0xffn)] ?? 0n);
  }
  return {
    update,
    register: new Uint32Array(memory.buffer, registerAt, 2),
    window: new Uint8Array(memory.buffer, windowAt, windowBytes),
  };
}

export function createCrc64(): Crc64 {
  engine ??= startEngine();
  const { update, register, window } = engine;
  let low = 0xffffffff;
  let high = 0xffffffff;
  return {
    update(bytes) {
      register[0] = low;
      register[1] = high;
      for (let start = 0; start < bytes.length; start += windowBytes) {
        const part = bytes.subarray(start, start + windowBytes);
        window.set(part);
        update(part.length);
      }
      low = register[0] ?? 0;
      high = register[1] ?? 0;
    },
    digest() {
      const inverted = [~low >>> 0, ~high >>> 0] as const;
      return ((BigInt(inverted[1]) << 32n) | BigInt(inverted[0])).toString();
    },
  };
}
