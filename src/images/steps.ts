/**
 * What `x-oss-process` asks for, read before any picture is: `image/resize,w_100/rotate,90`
 * (oss-object-api.md, Image processing). Steps are done from left to right. Bounds are the
 * service's.
 */
import { OssError } from '../errors/index.ts';
import { badArgument } from './problem.ts';

export type ResizeMode = 'lfit' | 'mfit' | 'fill' | 'pad' | 'fixed';
export type Gravity = 'nw' | 'north' | 'ne' | 'west' | 'center' | 'east' | 'sw' | 'south' | 'se';
export type ImageFormat = 'jpg' | 'png' | 'webp' | 'bmp' | 'gif' | 'tiff';

export interface ResizeStep {
  readonly kind: 'resize';
  readonly mode: ResizeMode;
  readonly width: number | undefined;
  readonly height: number | undefined;
  readonly longSide: number | undefined;
  readonly shortSide: number | undefined;
  readonly percent: number | undefined;
  /** A result larger than the source is the source. */
  readonly isLimited: boolean;
  /** RRGGBB, of what `pad` adds. */
  readonly colour: string;
}

export type Step =
  | ResizeStep
  | {
      readonly kind: 'crop';
      readonly x: number;
      readonly y: number;
      readonly width: number | undefined;
      readonly height: number | undefined;
      readonly gravity: Gravity;
    }
  | {
      readonly kind: 'indexcrop';
      readonly axis: 'x' | 'y';
      readonly length: number;
      readonly index: number;
    }
  | { readonly kind: 'rotate'; readonly degrees: number }
  | { readonly kind: 'auto-orient'; readonly isOn: boolean }
  | { readonly kind: 'circle' | 'rounded-corners'; readonly radius: number }
  | { readonly kind: 'quality'; readonly percent: number; readonly isRelative: boolean }
  | { readonly kind: 'format'; readonly format: ImageFormat }
  | { readonly kind: 'interlace'; readonly isOn: boolean }
  | { readonly kind: 'blur'; readonly radius: number; readonly sigma: number }
  | { readonly kind: 'bright' | 'contrast' | 'sharpen'; readonly amount: number }
  | { readonly kind: 'info' | 'average-hue' };

const modes: readonly string[] = ['lfit', 'mfit', 'fill', 'pad', 'fixed'];
const gravities: readonly string[] = [
  'nw',
  'north',
  'ne',
  'west',
  'center',
  'east',
  'sw',
  'south',
  'se',
];

/** Longest side of a result, pixels. */
export const sideMax = 16_384;
const percentMax = 1_000;
const indexMax = 100_000;
/** Ours: a pipeline holds its pictures in memory, one step after the other. */
export const stepsMax = 32;

/** The parameters of one step, `w_100,h_50`, each asked for once. */
class Parameters {
  readonly #step: string;
  readonly #values = new Map<string, string>();
  /** What stands there without a name: `rotate,90`. */
  readonly #bare: string[] = [];

  constructor(step: string, texts: readonly string[]) {
    this.#step = step;
    for (const text of texts) {
      const at = text.indexOf('_');
      if (at <= 0) this.#bare.push(text);
      else if (this.#values.has(text.slice(0, at))) throw this.#refuse(text, 'is there twice');
      else this.#values.set(text.slice(0, at), text.slice(at + 1));
    }
  }

  /** A whole number in these bounds; `undefined` when it is not there. */
  number(name: string, least: number, most: number): number | undefined {
    const text = this.#take(name);
    return text === undefined ? undefined : this.#toNumber(`${name}_${text}`, text, least, most);
  }

  bareNumber(least: number, most: number): number {
    const [text] = this.#bare.splice(0, 1);
    if (text === undefined) {
      throw new OssError('MissingArgument', { message: `${this.#step} needs a value.` });
    }
    return this.#toNumber(text, text, least, most);
  }

  bareWord(): string {
    return this.#bare.shift() ?? '';
  }

  word(name: string, among: readonly string[]): string | undefined {
    const text = this.#take(name);
    if (text === undefined || among.includes(text)) return text;
    throw this.#refuse(`${name}_${text}`, `must be one of ${among.join(', ')}`);
  }

  colour(name: string): string | undefined {
    const text = this.#take(name);
    if (text === undefined || /^[0-9a-fA-F]{6}$/.test(text)) return text;
    throw this.#refuse(`${name}_${text}`, 'must be six hex digits, RRGGBB');
  }

  /** Nothing may be left: a parameter that is not known would mean something. */
  end(): void {
    const [left] = [...this.#values].map(([name, value]) => `${name}_${value}`);
    const unread = left ?? this.#bare[0];
    if (unread !== undefined) throw this.#refuse(unread, 'is no parameter of it');
  }

  required<Value>(value: Value | undefined, name: string): Value {
    if (value !== undefined) return value;
    throw new OssError('MissingArgument', { message: `${this.#step} needs ${name}_.` });
  }

  #take(name: string): string | undefined {
    const text = this.#values.get(name);
    this.#values.delete(name);
    return text;
  }

  #toNumber(shown: string, text: string, least: number, most: number): number {
    const value = /^-?[0-9]{1,9}$/.test(text) ? Number(text) : Number.NaN;
    if (value >= least && value <= most) return value;
    throw this.#refuse(shown, `must be a whole number from ${least} to ${most}`);
  }

  #refuse(text: string, why: string): OssError {
    return badArgument(
      this.#step,
      text.slice(0, 100),
      `${this.#step}: ${text.slice(0, 100)} ${why}.`,
    );
  }
}

type Read = (of: Parameters) => Step;

const readers: Readonly<Record<string, Read>> = {
  resize: (of) => ({
    kind: 'resize',
    mode: (of.word('m', modes) ?? 'lfit') as ResizeMode,
    width: of.number('w', 1, sideMax),
    height: of.number('h', 1, sideMax),
    longSide: of.number('l', 1, sideMax),
    shortSide: of.number('s', 1, sideMax),
    percent: of.number('p', 1, percentMax),
    isLimited: of.number('limit', 0, 1) !== 0,
    colour: of.colour('color') ?? 'FFFFFF',
  }),
  crop: (of) => ({
    kind: 'crop',
    x: of.number('x', 0, indexMax) ?? 0,
    y: of.number('y', 0, indexMax) ?? 0,
    width: of.number('w', 0, indexMax) || undefined,
    height: of.number('h', 0, indexMax) || undefined,
    gravity: (of.word('g', gravities) ?? 'nw') as Gravity,
  }),
  indexcrop(of) {
    const [x, y] = [of.number('x', 1, indexMax), of.number('y', 1, indexMax)];
    const index = of.number('i', 0, indexMax) ?? 0;
    const length = of.required(x ?? y, 'x_ or y');
    return { kind: 'indexcrop', axis: x === undefined ? 'y' : 'x', length, index };
  },
  rotate: (of) => ({ kind: 'rotate', degrees: of.bareNumber(0, 360) }),
  'auto-orient': (of) => ({ kind: 'auto-orient', isOn: of.bareNumber(0, 1) === 1 }),
  circle: (of) => ({ kind: 'circle', radius: of.required(of.number('r', 1, 4_096), 'r') }),
  'rounded-corners': (of) => ({
    kind: 'rounded-corners',
    radius: of.required(of.number('r', 1, 4_096), 'r'),
  }),
  quality(of) {
    const [relative, absolute] = [of.number('q', 1, 100), of.number('Q', 1, 100)];
    const percent = of.required(absolute ?? relative, 'q_ or Q');
    return { kind: 'quality', percent, isRelative: absolute === undefined };
  },
  format(of) {
    const format = of.bareWord();
    const known: Readonly<Record<string, ImageFormat>> = {
      jpg: 'jpg',
      jpeg: 'jpg',
      png: 'png',
      webp: 'webp',
      bmp: 'bmp',
      gif: 'gif',
      tiff: 'tiff',
    };
    const found = Object.hasOwn(known, format) ? known[format] : undefined;
    if (found !== undefined) return { kind: 'format', format: found };
    const message = 'format: the value must be one of jpg, png, webp, bmp, gif, tiff.';
    throw badArgument('format', format.slice(0, 100), message);
  },
  interlace: (of) => ({ kind: 'interlace', isOn: of.bareNumber(0, 1) === 1 }),
  blur: (of) => ({
    kind: 'blur',
    radius: of.required(of.number('r', 1, 50), 'r'),
    sigma: of.required(of.number('s', 1, 50), 's'),
  }),
  bright: (of) => ({ kind: 'bright', amount: of.bareNumber(-100, 100) }),
  contrast: (of) => ({ kind: 'contrast', amount: of.bareNumber(-100, 100) }),
  sharpen: (of) => ({ kind: 'sharpen', amount: of.bareNumber(50, 399) }),
  info: () => ({ kind: 'info' }),
  'average-hue': () => ({ kind: 'average-hue' }),
};

/** Of the reference; answered by name, since ignoring one would show another picture. */
const later: readonly string[] = ['watermark', 'blindwatermark', 'panorama'];

/**
 * The steps of `image/STEP/STEP...`; without `image/`, of what follows it.
 * @throws OssError InvalidArgument, MissingArgument, TooManyPipes, NotImplemented by name
 */
export function readSteps(text: string): readonly Step[] {
  const parts = text.split('/').filter((part) => part !== '');
  if (parts.length === 0) {
    throw new OssError('MissingArgument', { message: 'x-oss-process names no step.' });
  }
  if (parts.length > stepsMax) {
    throw new OssError('TooManyPipes', { message: `A picture takes ${stepsMax} steps at most.` });
  }
  return parts.map(readStep);
}

function readStep(part: string): Step {
  const [name = '', ...texts] = part.split(',');
  if (later.includes(name)) {
    const message = `The image operation ${name} is not implemented by this server.`;
    throw new OssError('NotImplemented', { message, fields: { Operation: name } });
  }
  const read = Object.hasOwn(readers, name) ? readers[name] : undefined;
  if (read === undefined) {
    const message = 'There is no image operation of this name.';
    throw badArgument('x-oss-process', name.slice(0, 100), message);
  }
  const of = new Parameters(name, texts);
  const step = read(of);
  of.end();
  return step;
}
