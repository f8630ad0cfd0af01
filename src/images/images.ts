import { OssError } from '../errors/index.ts';
import { createGate } from './gate.ts';
import { resized, resultPixelsMax } from './geometry.ts';
import { type ImageInfo, readImageInfo } from './image-info.ts';
import {
  loadLibrary,
  type Output,
  openPicture,
  sourcePixelsMax,
  toImageProblem,
} from './picture.ts';
import type { ImageFormat, Step } from './steps.ts';

export interface ProcessedImage {
  readonly contentType: string;
  readonly bytes: Buffer;
}

/** An image that has not been read yet. */
export interface ImageSource {
  readonly size: number;
  read(): Promise<Buffer>;
}

export interface Images {
  /**
   * What the steps make of the image; an answer in JSON where they ask for one. It is read when its
   * turn has come.
   * @throws OssError BadRequest, ImageDamage, ImageTooLarge, InvalidArgument, ServiceUnavailable,
   * and whatever `read` throws
   */
  process(source: ImageSource, steps: readonly Step[]): Promise<ProcessedImage>;
}

/** The service's bounds of a source. */
export const sourceBytesMax = 20 * 1024 * 1024;
const sourceSideMax = 30_000;

const contentTypes: Readonly<Record<ImageFormat, string>> = {
  jpg: 'image/jpeg',
  png: 'image/png',
  webp: 'image/webp',
  bmp: 'image/bmp',
  gif: 'image/gif',
  tiff: 'image/tiff',
};

const movingFormats: readonly string[] = ['gif', 'webp'];

const json = (value: unknown): ProcessedImage => ({
  contentType: 'application/json',
  bytes: Buffer.from(JSON.stringify(value)),
});

/** Ours: bytes of sources held at once, and pixels of pictures at work. */
const sourcesBytesMax = 10 * sourceBytesMax;
const pixelsMax = sourcePixelsMax + resultPixelsMax;

/**
 * Sources take turns by their bytes, and pictures by their pixels: whatever is made of one on the
 * way counts as the largest result beside it, and a moving one goes alone.
 */
export function createImages(): Images {
  const sources = createGate(sourcesBytesMax);
  const pictures = createGate(pixelsMax);

  async function process(source: Buffer, steps: readonly Step[]): Promise<ProcessedImage> {
    const info = checkSource(source);
    // One that asks is answered from what the file says of itself.
    if (steps.some(({ kind }) => kind === 'info')) return await describe(source, info);
    const isMoving = (await framesOf(source, info.format)) > 1;
    const weight = isMoving ? pixelsMax : info.width * info.height + resultPixelsMax;
    return await pictures.pass(weight, async () => {
      try {
        return await draw(source, info, steps);
      } catch (problem) {
        throw toImageProblem(problem);
      }
    });
  }

  return {
    async process({ size, read }, steps) {
      if (size > sourceBytesMax) throw new OssError('ImageTooLarge');
      return await sources.pass(size, async () => await process(await read(), steps));
    },
  };
}

async function framesOf(source: Buffer, format: ImageFormat): Promise<number> {
  if (!movingFormats.includes(format)) return 1;
  const sharp = await loadLibrary();
  try {
    return (await sharp(source).metadata()).pages ?? 1;
  } catch (problem) {
    throw toImageProblem(problem);
  }
}

/** Nothing is given to the library but what begins as one of the formats of the service. */
function checkSource(source: Buffer): ImageInfo & { readonly format: ImageFormat } {
  const info = readImageInfo(source);
  if (info === undefined) {
    throw new OssError('BadRequest', { message: 'This image format is not supported.' });
  }
  const { width, height } = info;
  if (width <= 0 || height <= 0) throw new OssError('ImageDamage');
  if (width > sourceSideMax || height > sourceSideMax || width * height > sourcePixelsMax) {
    throw new OssError('ImageTooLarge');
  }
  return info;
}

async function describe(
  source: Buffer,
  { format, width, height }: ImageInfo & { readonly format: ImageFormat },
): Promise<ProcessedImage> {
  const facts: Record<string, { value: string }> = {
    FileSize: { value: String(source.length) },
    Format: { value: format },
    ImageHeight: { value: String(height) },
    ImageWidth: { value: String(width) },
  };
  const orientation = await orientationOf(source, format);
  if (orientation > 0) facts.Orientation = { value: String(orientation) };
  return json(facts);
}

/** 0 when the file says nothing. */
async function orientationOf(source: Buffer, format: ImageFormat): Promise<number> {
  if (format !== 'jpg' && format !== 'tiff' && format !== 'webp') return 0;
  const sharp = await loadLibrary();
  try {
    return (await sharp(source).metadata()).orientation ?? 0;
  } catch (problem) {
    throw toImageProblem(problem);
  }
}

async function draw(
  source: Buffer,
  info: ImageInfo & { readonly format: ImageFormat },
  steps: readonly Step[],
): Promise<ProcessedImage> {
  const output = outputOf(steps, info.format);
  const moved = await drawFrames(source, info, steps, output);
  if (moved !== undefined) return moved;
  const orientation = await orientationOf(source, info.format);
  const picture = await openPicture(source, info.format);
  for (const step of steps) await picture.take(step, orientation);
  if (steps.some(({ kind }) => kind === 'average-hue')) {
    return json({ RGB: await picture.averageColour() });
  }
  return { contentType: contentTypes[output.format], bytes: await picture.write(output) };
}

/** The last word on each counts. */
function outputOf(steps: readonly Step[], format: ImageFormat): Output {
  const output: Output = { format, quality: undefined, isProgressive: false };
  for (const step of steps) {
    if (step.kind === 'format') output.format = step.format;
    if (step.kind === 'quality') output.quality = step.percent;
    if (step.kind === 'interlace') output.isProgressive = step.isOn;
  }
  return output;
}

/**
 * All frames of a moving picture, where every step is one that frames take alike; `undefined` for
 * others, of which the first frame is drawn.
 */
async function drawFrames(
  source: Buffer,
  { format, width, height }: ImageInfo & { readonly format: ImageFormat },
  steps: readonly Step[],
  output: Output,
): Promise<ProcessedImage | undefined> {
  if (!movingFormats.includes(format) || !movingFormats.includes(output.format)) return undefined;
  const pages = await framesOf(source, format);
  if (pages <= 1) return undefined;
  if (width * height * pages > sourcePixelsMax) throw new OssError('ImageTooLarge');
  let size = { width, height };
  for (const step of steps) {
    if (step.kind === 'resize') {
      const plan = resized(size, step);
      if (plan.cut !== undefined || plan.canvas !== undefined) return undefined;
      size = plan.scaled;
    } else if (!['format', 'quality', 'interlace'].includes(step.kind)) return undefined;
  }
  if (size.width * size.height * pages > sourcePixelsMax) throw new OssError('ImageTooLarge');
  const sharp = await loadLibrary();
  const frames = sharp(source, { animated: true, limitInputPixels: sourcePixelsMax })
    .timeout({ seconds: 60 })
    .resize({ ...size, fit: 'fill' });
  const drawn =
    output.format === 'gif' ? frames.gif() : frames.webp({ quality: output.quality ?? 85 });
  return { contentType: contentTypes[output.format], bytes: await drawn.toBuffer() };
}
