/**
 * Windows bitmaps, which the library neither reads nor writes: uncompressed ones of 24 and 32 bits,
 * and of 8 bits with a palette (BITMAPFILEHEADER and BITMAPINFOHEADER, all numbers little-endian).
 */
import { OssError } from '../errors/index.ts';

/** Rows from top to bottom, four bytes a pixel: red, green, blue, alpha. */
export interface Pixels {
  readonly data: Buffer;
  readonly width: number;
  readonly height: number;
}

const fileHeaderBytes = 14;
const infoHeaderBytes = 40;
const uncompressed = 0;
const bitFields = 3;

const rowBytes = (width: number, bits: number): number => Math.ceil((width * bits) / 32) * 4;

/** @throws OssError ImageDamage, NotImplemented for kinds nobody makes any more */
export function readBitmap(file: Buffer): Pixels {
  try {
    return read(file);
  } catch (problem) {
    if (problem instanceof RangeError) throw new OssError('ImageDamage');
    throw problem;
  }
}

function read(file: Buffer): Pixels {
  const start = file.readUInt32LE(10);
  const width = file.readInt32LE(18);
  const height = Math.abs(file.readInt32LE(22));
  const bits = file.readUInt16LE(28);
  const compression = file.readUInt32LE(30);
  const isKnown = compression === uncompressed || (compression === bitFields && bits === 32);
  if (!isKnown || ![8, 24, 32].includes(bits)) {
    const message = `Bitmaps of ${bits} bits with compression ${compression} are not read here.`;
    throw new OssError('NotImplemented', { message });
  }
  const row = rowBytes(width, bits);
  if (width <= 0 || start + row * height > file.length) throw new OssError('ImageDamage');
  const isUpsideDown = file.readInt32LE(22) > 0;
  const palette = fileHeaderBytes + file.readUInt32LE(14);
  const data = Buffer.alloc(width * height * 4);
  for (let y = 0, to = 0; y < height; y++) {
    let at = start + row * (isUpsideDown ? height - 1 - y : y);
    for (let x = 0; x < width; x++, to += 4, at += bits / 8) {
      const from = bits === 8 ? palette + (file[at] ?? 0) * 4 : at;
      data[to] = file[from + 2] ?? 0;
      data[to + 1] = file[from + 1] ?? 0;
      data[to + 2] = file[from] ?? 0;
      // The fourth byte of most files is not alpha but nothing.
      data[to + 3] = 255;
    }
  }
  return { data, width, height };
}

/** Of 24 bits; what is not covered is to be white already. */
export function writeBitmap({ data, width, height }: Pixels): Buffer {
  const row = rowBytes(width, 24);
  const start = fileHeaderBytes + infoHeaderBytes;
  const file = Buffer.alloc(start + row * height);
  file.write('BM', 0, 'latin1');
  file.writeUInt32LE(file.length, 2);
  file.writeUInt32LE(start, 10);
  file.writeUInt32LE(infoHeaderBytes, 14);
  file.writeInt32LE(width, 18);
  file.writeInt32LE(height, 22);
  file.writeUInt16LE(1, 26);
  file.writeUInt16LE(24, 28);
  file.writeUInt32LE(row * height, 34);
  for (let y = 0, from = 0; y < height; y++) {
    let at = start + row * (height - 1 - y);
    for (let x = 0; x < width; x++, from += 4, at += 3) {
      file[at] = data[from + 2] ?? 0;
      file[at + 1] = data[from + 1] ?? 0;
      file[at + 2] = data[from] ?? 0;
    }
  }
  return file;
}
