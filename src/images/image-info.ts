/** What the head of an image says of it; told by its first bytes, whatever its type claims. */
import type { ImageFormat } from './steps.ts';

export interface ImageInfo {
  readonly format: ImageFormat;
  readonly width: number;
  readonly height: number;
}

/** Enough for the metadata in front of the size in photographs. */
const headBytes = 256 * 1024;
/** Ours; directories have some dozens of entries. */
const directoryBytesRead = 64 * 1024;

/**
 * The same of a content that is not in memory: reads its beginning, and of a TIFF the directory,
 * which its writers like to put behind the pixels.
 */
export async function findImageInfo(
  size: number,
  read: (start: number, length: number) => Promise<Buffer>,
): Promise<ImageInfo | undefined> {
  const head = await read(0, Math.min(size, headBytes));
  const info = readImageInfo(head);
  const at = info === undefined ? directoryOf(head) : undefined;
  if (at === undefined || at < 8 || at >= size) return info;
  const directory = await read(at, Math.min(size - at, directoryBytesRead));
  return guarded(() => readTiff(head, directory, at));
}

/** `undefined` for what is no image of a kind known here, or is cut off before its size. */
export function readImageInfo(head: Buffer): ImageInfo | undefined {
  return guarded(
    () =>
      readPng(head) ??
      readGif(head) ??
      readBmp(head) ??
      readWebp(head) ??
      readTiff(head) ??
      readJpeg(head),
  );
}

function guarded<Value>(read: () => Value): Value | undefined {
  try {
    return read();
  } catch (problem) {
    // Read beyond the end.
    if (problem instanceof RangeError) return undefined;
    throw problem;
  }
}

const startsWith = (head: Buffer, text: string, at = 0): boolean =>
  head.toString('latin1', at, at + text.length) === text;

function readPng(head: Buffer): ImageInfo | undefined {
  if (!startsWith(head, '\x89PNG\r\n\x1a\n') || !startsWith(head, 'IHDR', 12)) return undefined;
  return { format: 'png', width: head.readUInt32BE(16), height: head.readUInt32BE(20) };
}

function readGif(head: Buffer): ImageInfo | undefined {
  if (!startsWith(head, 'GIF87a') && !startsWith(head, 'GIF89a')) return undefined;
  return { format: 'gif', width: head.readUInt16LE(6), height: head.readUInt16LE(8) };
}

function readBmp(head: Buffer): ImageInfo | undefined {
  if (!startsWith(head, 'BM') || head.readUInt32LE(14) < 40) return undefined;
  // A negative height: rows from top to bottom.
  const height = Math.abs(head.readInt32LE(22));
  return { format: 'bmp', width: head.readInt32LE(18), height };
}

function readWebp(head: Buffer): ImageInfo | undefined {
  if (!startsWith(head, 'RIFF') || !startsWith(head, 'WEBP', 8)) return undefined;
  const format = 'webp' as const;
  switch (head.toString('latin1', 12, 16)) {
    case 'VP8 ': {
      const [width, height] = [head.readUInt16LE(26) & 0x3fff, head.readUInt16LE(28) & 0x3fff];
      return { format, width, height };
    }
    case 'VP8L': {
      const bits = head.readUInt32LE(21);
      return { format, width: (bits & 0x3fff) + 1, height: ((bits >>> 14) & 0x3fff) + 1 };
    }
    case 'VP8X':
      return { format, width: head.readUIntLE(24, 3) + 1, height: head.readUIntLE(27, 3) + 1 };
    default:
      return undefined;
  }
}

const imageWidth = 256;
const imageLength = 257;
const short = 3;

/** Numbers of a TIFF; `undefined` when it is none. */
function numbersOf(head: Buffer) {
  const isLittle = startsWith(head, 'II*\0');
  if (!isLittle && !startsWith(head, 'MM\0*')) return undefined;
  return {
    of16: (bytes: Buffer, at: number) =>
      isLittle ? bytes.readUInt16LE(at) : bytes.readUInt16BE(at),
    of32: (bytes: Buffer, at: number) =>
      isLittle ? bytes.readUInt32LE(at) : bytes.readUInt32BE(at),
  };
}

function directoryOf(head: Buffer): number | undefined {
  return guarded(() => numbersOf(head)?.of32(head, 4));
}

/**
 * From the first directory (TIFF 6.0, section 2): sizes are short or long numbers. `bytes`, which
 * begin at `from`, hold the directory.
 */
function readTiff(head: Buffer, bytes = head, from = 0): ImageInfo | undefined {
  const numbers = numbersOf(head);
  if (numbers === undefined) return undefined;
  const number16 = (at: number) => numbers.of16(bytes, at);
  const number32 = (at: number) => numbers.of32(bytes, at);
  const directory = numbers.of32(head, 4) - from;
  const sizes = new Map<number, number>();
  for (let entry = 0; entry < number16(directory); entry++) {
    const at = directory + 2 + entry * 12;
    const value = number16(at + 2) === short ? number16(at + 8) : number32(at + 8);
    sizes.set(number16(at), value);
  }
  const [width = 0, height = 0] = [sizes.get(imageWidth), sizes.get(imageLength)];
  return { format: 'tiff', width, height };
}

/** From marker to marker until one that starts a frame (ITU T.81 B.1.1.3). */
function readJpeg(head: Buffer): ImageInfo | undefined {
  if (head.readUInt16BE(0) !== 0xffd8) return undefined;
  let at = 2;
  for (;;) {
    if (head.readUInt8(at) !== 0xff) return undefined;
    const marker = head.readUInt8(at + 1);
    if (marker === 0xff) {
      at += 1;
      continue;
    }
    const isFrame = marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker);
    if (isFrame) {
      const height = head.readUInt16BE(at + 5);
      return { format: 'jpg', width: head.readUInt16BE(at + 7), height };
    }
    at += 2 + head.readUInt16BE(at + 2);
  }
}
