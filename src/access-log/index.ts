/** Access logs of buckets: one line for each request, one object for each hour. */

export { type AccessLog, createAccessLog, type RequestFacts } from './access-log.ts';
export { type ShelfLimits, type ShelfNotice, shelfLimits } from './shelf.ts';
