/** A picture on its way through its steps; each step makes another one. */
import type { Sharp } from 'sharp';
import { OssError } from '../errors/index.ts';
import { type Pixels, readBitmap, writeBitmap } from './bitmap.ts';
import { type Box, cropped, indexCropped, resized } from './geometry.ts';
import { badArgument } from './problem.ts';
import type { ImageFormat, ResizeStep, Step } from './steps.ts';

type SharpModule = typeof import('sharp').default;

/** The service's: pixels of a source, of all its frames together. */
export const sourcePixelsMax = 250_000_000;
/** Ours: longest time for one step. */
const stepSeconds = 20;
const rotatedSideMax = 4_096;
/** What the library takes when nothing is said, near what cameras use. */
const qualityDefault = 85;

let loaded: Promise<SharpModule> | undefined;

/** Loaded when the first picture comes: most servers never see one. */
export async function loadLibrary(): Promise<SharpModule> {
  loaded ??= import('sharp').then(({ default: sharp }) => {
    // No picture is asked for twice in a row, and files are none of its business.
    sharp.cache(false);
    sharp.concurrency(1);
    return sharp;
  });
  return await loaded;
}

const channels = 4;
const clear = { r: 0, g: 0, b: 0, alpha: 0 };
const white = '#ffffff';

/** How the result is written. */
export interface Output {
  format: ImageFormat;
  quality: number | undefined;
  isProgressive: boolean;
}

export async function openPicture(bytes: Buffer, format: ImageFormat): Promise<Picture> {
  const sharp = await loadLibrary();
  if (format === 'bmp') return new Picture(sharp, readBitmap(bytes));
  return new Picture(sharp, await toPixels(decoder(sharp, bytes)));
}

/** Only the first frame, only as large as may be; never as another format than it began as. */
function decoder(sharp: SharpModule, bytes: Buffer): Sharp {
  return sharp(bytes, { limitInputPixels: sourcePixelsMax, failOn: 'error' });
}

async function toPixels(image: Sharp): Promise<Pixels> {
  const { data, info } = await image
    .timeout({ seconds: stepSeconds })
    .toColourspace('srgb')
    .ensureAlpha()
    .raw({ depth: 'uchar' })
    .toBuffer({ resolveWithObject: true });
  return { data, width: info.width, height: info.height };
}

export class Picture {
  readonly #sharp: SharpModule;
  #pixels: Pixels;

  constructor(sharp: SharpModule, pixels: Pixels) {
    this.#sharp = sharp;
    this.#pixels = pixels;
  }

  /** `orientation`: what the camera said (EXIF), 1 to 8. */
  async take(step: Step, orientation: number): Promise<void> {
    const { width, height } = this.#pixels;
    switch (step.kind) {
      case 'resize':
        return await this.#resize(step);
      case 'crop':
        return await this.#cut(cropped(this.#pixels, step));
      case 'indexcrop': {
        const box = indexCropped(this.#pixels, step);
        return box && (await this.#cut(box));
      }
      case 'rotate': {
        if (width > rotatedSideMax || height > rotatedSideMax) {
          const message = `A picture that is rotated may have ${rotatedSideMax} pixels a side.`;
          throw badArgument('rotate', `${width}x${height}`, message);
        }
        return await this.#make((image) => image.rotate(step.degrees, { background: clear }));
      }
      case 'auto-orient':
        // One by one: the library has its own order of what it is told at once.
        if (step.isOn) for (const turn of orientations[orientation] ?? []) await this.#make(turn);
        return;
      case 'circle':
        return await this.#circle(step.radius);
      case 'rounded-corners':
        return await this.#roundCorners(step.radius);
      case 'blur':
        return await this.#make((image) => image.blur(step.sigma));
      case 'bright': {
        const more = step.amount * 1.28;
        return await this.#make((image) => image.linear([1, 1, 1, 1], [more, more, more, 0]));
      }
      case 'contrast': {
        const factor = 1 + step.amount / 100;
        const shift = 128 * (1 - factor);
        return await this.#make((image) =>
          image.linear([factor, factor, factor, 1], [shift, shift, shift, 0]),
        );
      }
      case 'sharpen': {
        const amount = step.amount / 100;
        return await this.#make((image) => image.sharpen({ sigma: 1, m1: amount, m2: 2 * amount }));
      }
      default:
      // The others are about how it is written, or ask instead of changing anything.
    }
  }

  async averageColour(): Promise<string> {
    const { channels: seen } = await this.#image().stats();
    const hex = seen.slice(0, 3).map(({ mean }) => Math.round(mean).toString(16).padStart(2, '0'));
    return `0x${hex.join('')}`;
  }

  async write({ format, quality = qualityDefault, isProgressive }: Output): Promise<Buffer> {
    switch (format) {
      case 'jpg':
        return await this.#flat().jpeg({ quality, progressive: isProgressive }).toBuffer();
      case 'png':
        return await this.#image().png({ progressive: isProgressive }).toBuffer();
      case 'webp':
        return await this.#image().webp({ quality }).toBuffer();
      case 'gif':
        return await this.#image().gif().toBuffer();
      case 'tiff':
        return await this.#image().tiff({ quality }).toBuffer();
      case 'bmp':
        return writeBitmap(await toPixels(this.#flat()));
    }
  }

  #image(): Sharp {
    const { data, width, height } = this.#pixels;
    return this.#sharp(data, {
      raw: { width, height, channels },
      limitInputPixels: sourcePixelsMax,
    }).timeout({ seconds: stepSeconds });
  }

  /** On white, for formats without transparency. */
  #flat(): Sharp {
    return this.#image().flatten({ background: white });
  }

  async #make(change: (image: Sharp) => Sharp): Promise<void> {
    this.#pixels = await toPixels(change(this.#image()));
  }

  async #cut(box: Box): Promise<void> {
    await this.#make((image) => image.extract(box));
  }

  async #resize(step: ResizeStep): Promise<void> {
    const { cut, scaled, canvas } = resized(this.#pixels, step);
    if (cut !== undefined) await this.#cut(cut);
    if (scaled.width !== this.#pixels.width || scaled.height !== this.#pixels.height) {
      await this.#make((image) => image.resize({ ...scaled, fit: 'fill' }));
    }
    if (canvas === undefined) return;
    const { left, top } = canvas;
    const right = canvas.width - left - scaled.width;
    const bottom = canvas.height - top - scaled.height;
    const background = `#${step.colour}`;
    await this.#make((image) => image.extend({ left, top, right, bottom, background }));
  }

  /** No larger than fits in; the rest is cut away. */
  async #circle(wanted: number): Promise<void> {
    const { width, height } = this.#pixels;
    const radius = Math.min(wanted, Math.floor(Math.min(width, height) / 2)) || 1;
    const side = Math.min(2 * radius, width, height);
    const [left, top] = [Math.floor((width - side) / 2), Math.floor((height - side) / 2)];
    await this.#cut({ left, top, width: side, height: side });
    await this.#keepWithin(`<circle cx="${side / 2}" cy="${side / 2}" r="${side / 2}"/>`);
  }

  async #roundCorners(wanted: number): Promise<void> {
    const { width, height } = this.#pixels;
    const radius = Math.min(wanted, Math.floor(Math.min(width, height) / 2));
    await this.#keepWithin(`<rect width="${width}" height="${height}" rx="${radius}"/>`);
  }

  /** The drawing is our own; sources in this language are not read. */
  async #keepWithin(shape: string): Promise<void> {
    const { width, height } = this.#pixels;
    const open = `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}">`;
    const input = Buffer.from(`${open}${shape}</svg>`);
    await this.#make((image) => image.composite([{ input, blend: 'dest-in' }]));
  }
}

/** As it was seen: turned, then mirrored where the camera mirrors (EXIF 2.3, 4.6.4, tag 0112). */
const orientations: Readonly<Record<number, readonly ((image: Sharp) => Sharp)[]>> = {
  2: [(image) => image.flop()],
  3: [(image) => image.rotate(180)],
  4: [(image) => image.flip()],
  5: [(image) => image.rotate(90), (image) => image.flop()],
  6: [(image) => image.rotate(90)],
  7: [(image) => image.rotate(270), (image) => image.flop()],
  8: [(image) => image.rotate(270)],
};

/** What the library could not do is the picture's fault, as far as anybody can tell. */
export function toImageProblem(problem: unknown): OssError {
  if (problem instanceof OssError) return problem;
  const text = problem instanceof Error ? problem.message : '';
  if (/pixel limit/i.test(text)) return new OssError('ImageTooLarge', { cause: problem });
  if (/timeout/i.test(text)) {
    const message = 'Processing the image took too long.';
    return new OssError('BadRequest', { message, cause: problem });
  }
  return new OssError('ImageDamage', { cause: problem });
}
