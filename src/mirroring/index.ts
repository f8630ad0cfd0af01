/**
 * Objects that are fetched from an origin when they are first asked for, given to who asks while
 * they come and kept for everybody after (oss-semantics.md 4.3). What a rule asks of its origin is
 * for `buckets` to say; who may ask, for the API.
 */
export {
  createMirrors,
  type Mirrored,
  type MirrorLimits,
  type Mirrors,
  type MirrorWish,
} from './mirrors.ts';
