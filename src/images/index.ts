/**
 * Images: what `x-oss-process` asks for, and what becomes of the picture. Knows no request, no
 * object and no bucket: bytes in, bytes out.
 */

export { findImageInfo, type ImageInfo, readImageInfo } from './image-info.ts';
export {
  createImages,
  type ImageSource,
  type Images,
  type ProcessedImage,
  sourceBytesMax,
} from './images.ts';
export { readSteps, type Step, stepsMax } from './steps.ts';
