/**
 * Every bound of the HTTP front door, in one place (security.md 6.5 to 6.7). Tests bring smaller
 * ones; nothing else changes them.
 */
export interface HttpLimits {
  /** Names, values and separators of all headers together, without the request line. */
  readonly headerBytesMax: number;
  readonly headersMax: number;
  readonly targetBytesMax: number;
  readonly queryParametersMax: number;
  /** From the first byte of a request to the end of its headers. */
  readonly headersTimeoutMs: number;
  /** Uploads slower than this, averaged over `uploadWindowMs` of waiting for the client, end. */
  readonly uploadBytesPerSecondMin: number;
  readonly uploadWindowMs: number;
  /** A response of which the client takes nothing for so long ends. */
  readonly writeStallMs: number;
  readonly handshakeTimeoutMs: number;
  readonly keepAliveMs: number;
  /** How often deadlines are looked at. */
  readonly checkEveryMs: number;
  readonly requestsPerConnectionMax: number;
  /** Requests that wait behind a running one on the same connection; more closes it. */
  readonly pipelinedMax: number;
  readonly connectionsMax: number;
  readonly connectionsPerAddressMax: number;
  /** Streams of HTTP/2 under way, over all connections of an address. */
  readonly streamsPerAddressMax: number;
  /** Unread bodies of GET, HEAD and DELETE up to this size do not cost the connection. */
  readonly drainBytesMax: number;
  /**
   * How long a refused upload is still read after the answer was sent, so that the client sees the
   * answer and not a reset (RFC 9112 9.6).
   */
  readonly lingerMs: number;
}

/** File descriptors left for the database, objects, DNS and the other listeners. */
const descriptorsKept = 1_024;
/** Enough for one machine; each idle connection costs some 10 KiB, with TLS some 40 KiB. */
const connectionsMaxDefault = 20_000;
const connectionsMin = 256;

/**
 * A cap on connections that stays below what the system lets this process open (security.md 6.7).
 */
export function connectionsWithin(openFilesMax: number): number {
  const room = Math.floor((openFilesMax - descriptorsKept) / 2);
  return Math.max(connectionsMin, Math.min(connectionsMaxDefault, room));
}

export const defaultLimits: HttpLimits = {
  headerBytesMax: 16 * 1_024,
  headersMax: 100,
  targetBytesMax: 8 * 1_024,
  queryParametersMax: 64,
  headersTimeoutMs: 10_000,
  uploadBytesPerSecondMin: 1_024,
  uploadWindowMs: 30_000,
  writeStallMs: 60_000,
  handshakeTimeoutMs: 10_000,
  keepAliveMs: 15_000,
  checkEveryMs: 1_000,
  requestsPerConnectionMax: 10_000,
  pipelinedMax: 100,
  connectionsMax: connectionsMaxDefault,
  connectionsPerAddressMax: 256,
  streamsPerAddressMax: 512,
  drainBytesMax: 64 * 1_024,
  lingerMs: 5_000,
};
