/**
 * Checks an installation: that every row has its bytes and every byte its row, and that what hangs
 * together in the database does. Safe beside running servers; repairs only what loses nothing.
 */
export { checkInstallation } from './check.ts';
export type * from './types.ts';
