/**
 * The retention policy of a bucket (WORM, oss-semantics.md 8): begun, locked within a day or
 * lapsed, extended and never shortened once it is locked.
 */
import { OssError } from '../errors/index.ts';

export interface WormDocument {
  readonly id: string;
  readonly days: number;
  readonly createdAt: number;
  readonly isLocked: boolean;
}

/** A lapsed policy (`Expired`) protects nothing and gives way to another one. */
export type WormState = 'InProgress' | 'Locked' | 'Expired';

const dayMs = 24 * 60 * 60 * 1000;

/** A policy that is not locked by then lapses. */
const lockWithinMs = dayMs;

/** 70 years. */
export const retentionDaysMax = 25_550;

export function wormStateOf({ createdAt, isLocked }: WormDocument, now: number): WormState {
  if (isLocked) return 'Locked';
  return now - createdAt < lockWithinMs ? 'InProgress' : 'Expired';
}

/**
 * What was last changed at or after this moment must neither be replaced nor deleted; `undefined`:
 * everything may be. Also of objects older than the policy.
 */
export function protectedSince(worm: WormDocument | undefined, now: number): number | undefined {
  if (worm === undefined || wormStateOf(worm, now) === 'Expired') return undefined;
  return now - worm.days * dayMs + 1;
}

/** @throws OssError WORMConfigurationAlreadyExists, InvalidWORMConfiguration. */
export function initiateWorm(
  standing: WormDocument | undefined,
  { id, days, now }: { readonly id: string; readonly days: number; readonly now: number },
): WormDocument {
  if (standing !== undefined && wormStateOf(standing, now) !== 'Expired') {
    throw new OssError('WORMConfigurationAlreadyExists');
  }
  checkRetention(days);
  return { id, days, createdAt: now, isLocked: false };
}

/** Also of a lapsed policy, and where there is none. @throws OssError WORMConfigurationLocked. */
export function abortWorm(standing: WormDocument | undefined): undefined {
  if (standing?.isLocked) throw new OssError('WORMConfigurationLocked');
}

/** Locked once is locked. @throws OssError NoSuchWORMConfiguration. */
export function completeWorm(
  standing: WormDocument | undefined,
  id: string,
  now: number,
): WormDocument {
  return { ...wormOfId(standing, id, now), isLocked: true };
}

/** @throws OssError NoSuchWORMConfiguration, InvalidWORMConfiguration. */
export function extendWorm(
  standing: WormDocument | undefined,
  id: string,
  days: number,
  now: number,
): WormDocument {
  const worm = wormOfId(standing, id, now);
  if (!worm.isLocked || days <= worm.days) throw new OssError('InvalidWORMConfiguration');
  checkRetention(days);
  return { ...worm, days };
}

function wormOfId(standing: WormDocument | undefined, id: string, now: number): WormDocument {
  if (standing?.id === id && wormStateOf(standing, now) !== 'Expired') return standing;
  throw new OssError('NoSuchWORMConfiguration', {
    message: 'The specified WORM ID does not exist.',
  });
}

function checkRetention(days: number): void {
  if (days < 1 || days > retentionDaysMax) throw new OssError('InvalidWORMConfiguration');
}
