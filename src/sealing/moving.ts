import type { Sealer } from './sealer.ts';

export interface SealerPair {
  readonly from: Sealer;
  readonly to: Sealer;
}

/**
 * The text that was sealed by one installation, sealed by another in the same place (`aad`). What
 * `standing` seals there already, if it is the same, is answered as it stands: sealing again would
 * only make it look different. The plain text is in memory meanwhile, and overwritten afterwards
 * (security.md 4.5).
 * @throws SealingError when the text does not open.
 */
export function moveSealed(
  { from, to }: SealerPair,
  sealed: string,
  aad: string,
  standing: string | undefined,
): string {
  const plain = from.unseal(sealed, aad);
  try {
    if (standing !== undefined && sealsSame(to, standing, aad, plain)) return standing;
    return to.seal(plain, aad);
  } finally {
    plain.fill(0);
  }
}

function sealsSame(sealer: Sealer, sealed: string, aad: string, plain: Buffer): boolean {
  let other: Buffer | undefined;
  try {
    other = sealer.unseal(sealed, aad);
    return other.equals(plain);
  } catch {
    return false;
  } finally {
    other?.fill(0);
  }
}
