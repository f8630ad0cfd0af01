/**
 * The API: one table of operations; each parses, calls a room, renders. `operations.ts` is the
 * table, `match.ts` finds the row, `authorise.ts` decides, one file per operation acts.
 */

export { authorise, type Grant } from './authorise.ts';
export { answerCallbackKey, isCallbackKeyRequest } from './callback-key.ts';
export { callerId } from './context.ts';
export { applyCrossOrigin } from './cross-origin.ts';
export { renderError, toOssError } from './error-document.ts';
export { applyForcedDownload } from './forced-download.ts';
export { matchOperation } from './match.ts';
export { answerRefusedPage } from './object/refused-page.ts';
export { operations } from './operations.ts';
export { repeatableSince } from './repeatable.ts';
export { isRequesterCharged, noteCharge } from './requester-pays.ts';
export { createRights } from './rights.ts';
export type { ApiSettings, Services } from './services.ts';
export type { Operation, OperationContext, RequestNotes, Target } from './types.ts';
