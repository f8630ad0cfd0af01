/**
 * HTTP: turns sockets into request views and responses into bytes. Takes `handle()` and the TLS
 * callbacks as arguments; knows no host, no operation, no store.
 */

export { connectionsWithin, defaultLimits, type HttpLimits } from './limits.ts';
export {
  createHttpListener,
  type HttpListener,
  type ListenerAddress,
  type ListenerCounters,
  type ListenerOptions,
} from './listener.ts';
export { withoutCredentials } from './logged-target.ts';
export * from './types.ts';
