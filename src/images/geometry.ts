/** Sizes and places, in pixels: pure (oss-object-api.md, Image processing). */
import { OssError } from '../errors/index.ts';
import { badArgument } from './problem.ts';
import { type Gravity, type ResizeStep, type Step, sideMax } from './steps.ts';

export interface Size {
  readonly width: number;
  readonly height: number;
}

export interface Box extends Size {
  readonly left: number;
  readonly top: number;
}

/** Largest result, pixels. */
export const resultPixelsMax = 16_777_216;

/** None of the pictures in between is larger than the source and the largest result. */
export interface Resized {
  /** The part of the source that is taken, if not all of it (`fill`). */
  readonly cut: Box | undefined;
  /** What that becomes. */
  readonly scaled: Size;
  /** What it is put on (`pad`), and where. */
  readonly canvas: (Size & { readonly left: number; readonly top: number }) | undefined;
}

const atLeastOne = (value: number): number => Math.max(1, Math.round(value));

/** @throws OssError InvalidArgument for a result that is too large; MissingArgument */
export function resized(source: Size, step: ResizeStep): Resized {
  const wanted = wantedSize(source, step);
  const plan = planOf(source, step, wanted);
  const result = plan.canvas ?? plan.scaled;
  const pixels = result.width * result.height;
  if (result.width > sideMax || result.height > sideMax || pixels > resultPixelsMax) {
    const shown = `${result.width}x${result.height}`;
    const message =
      `The result would be ${shown}; it may have ${sideMax} pixels a side and ` +
      `${resultPixelsMax} in all.`;
    throw badArgument('resize', shown, message);
  }
  return plan;
}

interface Wanted {
  readonly width: number | undefined;
  readonly height: number | undefined;
}

/** By the longer and the shorter side where those were named. */
function wantedSize({ width, height }: Size, step: ResizeStep): Wanted {
  if (step.percent !== undefined) {
    const part = step.percent / 100;
    return { width: atLeastOne(width * part), height: atLeastOne(height * part) };
  }
  if (step.width !== undefined || step.height !== undefined) return step;
  const { longSide, shortSide } = step;
  if (longSide === undefined && shortSide === undefined) {
    throw new OssError('MissingArgument', { message: 'resize needs w_, h_, l_, s_ or p_.' });
  }
  return width >= height
    ? { width: longSide, height: shortSide }
    : { width: shortSide, height: longSide };
}

function planOf(source: Size, step: ResizeStep, wanted: Wanted): Resized {
  const unchanged = { scaled: source, cut: undefined, canvas: undefined };
  const byWidth = wanted.width === undefined ? undefined : wanted.width / source.width;
  const byHeight = wanted.height === undefined ? undefined : wanted.height / source.height;
  const factors = [byWidth, byHeight].filter((factor) => factor !== undefined);
  const [least, most] = [Math.min(...factors), Math.max(...factors)];
  const scaledBy = (factor: number): Size => ({
    width: atLeastOne(source.width * factor),
    height: atLeastOne(source.height * factor),
  });
  const isTooLarge = (factor: number): boolean => step.isLimited && factor > 1;
  // Where a side is not named, the box of `fill` and `pad` is a square.
  const box = {
    width: wanted.width ?? wanted.height ?? source.width,
    height: wanted.height ?? wanted.width ?? source.height,
  };
  switch (step.mode) {
    case 'lfit':
      return isTooLarge(least) ? unchanged : { ...unchanged, scaled: scaledBy(least) };
    case 'mfit':
      return isTooLarge(most) ? unchanged : { ...unchanged, scaled: scaledBy(most) };
    case 'fixed': {
      const scaled = {
        width: wanted.width ?? scaledBy(least).width,
        height: wanted.height ?? scaledBy(least).height,
      };
      return isTooLarge(most) ? unchanged : { ...unchanged, scaled };
    }
    case 'fill': {
      const factor = Math.max(box.width / source.width, box.height / source.height);
      if (isTooLarge(factor)) return unchanged;
      // Cut before it is scaled: of a narrow source what is cut away could be very much.
      const part = {
        width: Math.min(source.width, atLeastOne(box.width / factor)),
        height: Math.min(source.height, atLeastOne(box.height / factor)),
      };
      return { cut: place(source, part, 'center'), scaled: box, canvas: undefined };
    }
    case 'pad': {
      const factor = Math.min(box.width / source.width, box.height / source.height);
      if (isTooLarge(factor)) return unchanged;
      const scaled = scaledBy(factor);
      const { left, top } = place(box, scaled, 'center');
      return { scaled, cut: undefined, canvas: { ...box, left, top } };
    }
  }
}

const across: Readonly<Record<Gravity, number>> = {
  nw: 0,
  west: 0,
  sw: 0,
  north: 0.5,
  center: 0.5,
  south: 0.5,
  ne: 1,
  east: 1,
  se: 1,
};
const down: Readonly<Record<Gravity, number>> = {
  nw: 0,
  north: 0,
  ne: 0,
  west: 0.5,
  center: 0.5,
  east: 0.5,
  sw: 1,
  south: 1,
  se: 1,
};

function place(outer: Size, inner: Size, gravity: Gravity): Box {
  return {
    left: Math.floor((outer.width - inner.width) * across[gravity]),
    top: Math.floor((outer.height - inner.height) * down[gravity]),
    width: inner.width,
    height: inner.height,
  };
}

/** What of the box lies in the picture. */
function within({ width, height }: Size, box: Box): Box {
  const left = Math.max(0, box.left);
  const top = Math.max(0, box.top);
  return {
    left,
    top,
    width: Math.min(width, box.left + box.width) - left,
    height: Math.min(height, box.top + box.height) - top,
  };
}

/** @throws OssError BadRequest for a part outside the picture */
export function cropped(source: Size, step: Extract<Step, { kind: 'crop' }>): Box {
  const inner = { width: step.width ?? source.width, height: step.height ?? source.height };
  const origin = place(source, inner, step.gravity);
  const box = within(source, { ...inner, left: origin.left + step.x, top: origin.top + step.y });
  if (box.width > 0 && box.height > 0) return box;
  throw new OssError('BadRequest', { message: "Advance cut's position is out of image." });
}

/** The piece of that number; `undefined` beyond the last. */
export function indexCropped(
  source: Size,
  { axis, length, index }: Extract<Step, { kind: 'indexcrop' }>,
): Box | undefined {
  const start = length * index;
  if (axis === 'x') {
    if (start >= source.width) return undefined;
    const width = Math.min(length, source.width - start);
    return { left: start, top: 0, width, height: source.height };
  }
  if (start >= source.height) return undefined;
  const height = Math.min(length, source.height - start);
  return { left: 0, top: start, width: source.width, height };
}
