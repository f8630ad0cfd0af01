/**
 * Percent-encoding as RFC 3986 2.1 has it: decoded once, on bytes, never leniently. Paths and query
 * strings of every request pass through here; nothing else decodes them. Pure.
 */
export { type DecodedText, decodePercent } from './percent.ts';
