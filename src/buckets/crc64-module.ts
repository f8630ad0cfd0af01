/**
 * The inner loop of CRC-64 as a WebAssembly module, assembled here byte by byte (DESIGN 1: slicing
 * by eight; 64-bit arithmetic in JavaScript needs BigInt, which is hundreds of times slower).
 *
 * Memory, two pages of 64 KiB:
 *   0       eight tables of 256 entries of 8 bytes: table k turns a byte k places further on
 *   16384   the register, 8 bytes, little-endian
 *   65536   the window: up to 65,536 bytes of data
 *
 * The module exports `memory` and `update(length)`, which takes `length` bytes of the window into
 * the register.
 */
const tableBytes = 256 * 8;
export const tableCount = 8;
export const registerAt = tableBytes * tableCount;
export const windowAt = 65536;
export const windowBytes = 65536;

/** Opcodes of the WebAssembly core specification, section 5.4, as far as they are used below. */
const op = {
  block: 0x02,
  loop: 0x03,
  end: 0x0b,
  br: 0x0c,
  brIf: 0x0d,
  localGet: 0x20,
  localSet: 0x21,
  localTee: 0x22,
  i64Load: 0x29,
  i64Load8U: 0x31,
  i64Store: 0x37,
  i32Const: 0x41,
  i32GtU: 0x4b,
  i32Add: 0x6a,
  i32And: 0x71,
  i32Shl: 0x74,
  i64Xor: 0x85,
  i64ShrU: 0x88,
  i64Const: 0x42,
  i32WrapI64: 0xa7,
} as const;

const type = { i32: 0x7f, i64: 0x7e, function: 0x60, none: 0x40 } as const;

/** Parameter 0 and the locals behind it. */
const local = { length: 0, at: 1, end: 2, register: 3 } as const;

/** Byte 0 of a 64-bit value, times eight: the offset of its entry in a table. */
const entryMask = 255 * 8;

/** LEB128, unsigned (core specification 5.2.2). */
function unsigned(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  do {
    const low = rest & 0x7f;
    rest >>>= 7;
    bytes.push(rest === 0 ? low : low | 0x80);
  } while (rest !== 0);
  return bytes;
}

/** LEB128, signed; only numbers from zero up occur here. */
function signed(value: number): number[] {
  const bytes = unsigned(value);
  // The sixth bit of the last byte is the sign: a zero byte more keeps the number positive.
  const last = bytes.at(-1) ?? 0;
  return last & 0x40 ? [...bytes.slice(0, -1), last | 0x80, 0] : bytes;
}

const i32 = (value: number): number[] => [op.i32Const, ...signed(value)];
const i64 = (value: number): number[] => [op.i64Const, ...signed(value)];
const get = (index: number): number[] => [op.localGet, index];
const set = (index: number): number[] => [op.localSet, index];
/** Alignment 1: the window is read at any address. */
const load = (opcode: number, offset: number): number[] => [opcode, 0, ...unsigned(offset)];

/** entry of `table` for byte `place` of the register, left on the stack */
function entry(place: number, table: number): number[] {
  const scaled =
    place === 0
      ? [...get(local.register), op.i32WrapI64, ...i32(3), op.i32Shl]
      : [...get(local.register), ...i64(place * 8 - 3), op.i64ShrU, op.i32WrapI64];
  return [...scaled, ...i32(entryMask), op.i32And, ...load(op.i64Load, table * tableBytes)];
}

function eightBytes(): number[] {
  const code = [
    // register = register xor the next eight bytes
    ...get(local.register),
    ...get(local.at),
    ...load(op.i64Load, 0),
    op.i64Xor,
    ...set(local.register),
    // register = the eight entries, xored: the first byte has seven others behind it
    ...entry(0, tableCount - 1),
  ];
  for (let place = 1; place < tableCount; place++) {
    code.push(...entry(place, tableCount - 1 - place), op.i64Xor);
  }
  return [...code, ...set(local.register)];
}

function oneByte(): number[] {
  return [
    // the byte goes into the lowest place
    ...get(local.register),
    ...get(local.at),
    ...load(op.i64Load8U, 0),
    op.i64Xor,
    ...set(local.register),
    // register = entry of that place in table 0, xor register >> 8
    ...entry(0, 0),
    ...get(local.register),
    ...i64(8),
    op.i64ShrU,
    op.i64Xor,
    ...set(local.register),
  ];
}

/** while (at + step <= end) { work; at += step } */
function whileFits(step: number, work: readonly number[]): number[] {
  return [
    ...[op.block, type.none, op.loop, type.none],
    ...[...get(local.at), ...i32(step), op.i32Add, ...get(local.end), op.i32GtU, op.brIf, 1],
    ...work,
    ...[...get(local.at), ...i32(step), op.i32Add, ...set(local.at), op.br, 0],
    ...[op.end, op.end],
  ];
}

function updateFunction(): number[] {
  const code = [
    // two more i32 (at, end), one i64 (register)
    ...[2, 2, type.i32, 1, type.i64],
    ...[...i32(0), ...load(op.i64Load, registerAt), ...set(local.register)],
    ...[...i32(windowAt), op.localTee, local.at],
    ...[...get(local.length), op.i32Add, ...set(local.end)],
    ...whileFits(8, eightBytes()),
    ...whileFits(1, oneByte()),
    ...[...i32(0), ...get(local.register), ...load(op.i64Store, registerAt)],
    op.end,
  ];
  return [...unsigned(code.length), ...code];
}

const name = (text: string): number[] => [text.length, ...Buffer.from(text, 'ascii')];

const section = (id: number, content: readonly number[]): number[] => [
  id,
  ...unsigned(content.length),
  ...content,
];

/** The whole module in binary form (core specification 5.5). */
export function assembleCrc64Module(): Uint8Array<ArrayBuffer> {
  const magicAndVersion = [0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0];
  const pages = (windowAt + windowBytes) / 65536;
  return new Uint8Array([
    ...magicAndVersion,
    // 1 types: one, (i32) -> ()
    ...section(1, [1, type.function, 1, type.i32, 0]),
    // 3 functions: one, of type 0
    ...section(3, [1, 0]),
    // 5 memories: one, of a fixed number of pages
    ...section(5, [1, 1, pages, pages]),
    // 7 exports: memory 0 (kind 2) and function 0 (kind 0)
    ...section(7, [2, ...name('memory'), 2, 0, ...name('update'), 0, 0]),
    // 10 code
    ...section(10, [1, ...updateFunction()]),
  ]);
}
