import type { World } from '../world/index.ts';

/** Random part of an id, bytes. */
const randomBytes = 8;
/** Ids whose randomness is drawn at once: one system call instead of a hundred. */
const batch = 256;

export type RequestIds = () => string;

/**
 * Request ids of 24 upper-case hex digits: the first eight are the Unix time of the request, the
 * rest cannot be guessed (oss-protocol.md 2.2).
 */
export function createRequestIds(world: Pick<World, 'clock' | 'random'>): RequestIds {
  let pool = '';
  let at = 0;
  let second = Number.NaN;
  let time = '';
  return () => {
    if (at >= pool.length) {
      pool = world.random
        .bytes(randomBytes * batch)
        .toString('hex')
        .toUpperCase();
      at = 0;
    }
    const chance = pool.slice(at, at + randomBytes * 2);
    at += randomBytes * 2;
    const now = Math.floor(world.clock.now() / 1_000);
    if (now !== second) {
      second = now;
      time = now.toString(16).toUpperCase().padStart(8, '0').slice(-8);
    }
    return time + chance;
  };
}

/** The Date header of now, rendered once a second (RFC 9110 6.6.1). */
export function createDateText(world: Pick<World, 'clock'>): () => string {
  let second = Number.NaN;
  let text = '';
  return () => {
    const now = Math.floor(world.clock.now() / 1_000);
    if (now !== second) {
      second = now;
      text = new Date(now * 1_000).toUTCString();
    }
    return text;
  };
}
