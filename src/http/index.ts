/**
 * HTTP: turns sockets into request views and responses into bytes. Takes `handle()` and the TLS
 * callbacks as arguments; knows no host, no operation, no store.
 */
export * from './types.ts';
