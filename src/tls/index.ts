/**
 * TLS: which certificate answers this SNI name now. Secure contexts are built on demand, kept in a
 * bounded cache by certificate, and checked against the mapping on every handshake, so that a swap
 * is visible to the next one. Never another tenant's certificate (DESIGN ruling 10).
 */
export {
  createListenerOptions,
  createSniCallback,
  type DefaultCertificate,
} from './listener-options.ts';
export { isConnectionForHost, isFit } from './misdirected.ts';
export { type TlsProfile, tlsProfile } from './profile.ts';
export { createRestrictions, restrictProfile, type TlsRestriction } from './restriction.ts';
export { createSessions, type Sessions } from './sessions.ts';
export { createSniContexts, keepingContexts, type SniContexts, type SniLimits } from './sni.ts';
export { createTicketKeys, type TicketKeys } from './ticket-keys.ts';
