/**
 * Moves a whole installation from any engines to any others: every row, every byte, sealed again
 * under the target's master key. A copy is resumed by being made again: it compares both sides and
 * brings over the differences.
 */
export { copyInstallation } from './copy.ts';
export { CopyProblem } from './problem.ts';
export type * from './types.ts';
