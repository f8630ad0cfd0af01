/** The forms of an answer that many operations share. */
import type { HttpResponse } from '../http/index.ts';
import type { Instant } from '../world/index.ts';
import { element, renderXml, type XmlNode } from '../xml/index.ts';

type Headers = Readonly<Record<string, string>>;

export function xmlAnswer(root: XmlNode, headers: Headers = {}): HttpResponse {
  return {
    status: 200,
    headers: { 'Content-Type': 'application/xml', ...headers },
    body: { kind: 'bytes', bytes: Buffer.from(renderXml(root), 'utf8') },
  };
}

export function emptyAnswer(status: number, headers: Headers = {}): HttpResponse {
  return { status, headers, body: { kind: 'none' } };
}

/** Owners are shown by their account id, twice (oss-bucket-api.md ListBuckets). */
export function ownerElement(accountId: string): XmlNode {
  return element('Owner', element('ID', accountId), element('DisplayName', accountId));
}

/** `2026-01-02T03:04:05.000Z`: dates in documents have whole seconds (oss-protocol.md 2.2). */
export function formatXmlDate(instant: Instant): string {
  return `${new Date(instant).toISOString().slice(0, 19)}.000Z`;
}

/** RFC 9110 section 5.6.7, IMF-fixdate. */
export function formatHttpDate(instant: Instant): string {
  return new Date(instant).toUTCString();
}

/**
 * The text as `encoding-type=url` wants it: everything but RFC 3986 unreserved characters escaped.
 * A space is `%20` and a plus `%2B`, because SDKs disagree about a bare `+` (oss-bucket-api.md).
 */
export function encodeUrl(text: string): string {
  return encodeURIComponent(text).replace(/[!'()*]/g, escapeReserved);
}

/** The same for a path: slashes stay (oss-semantics.md 4.2, Location). */
export function encodePath(key: string): string {
  return encodeUrl(key).replaceAll('%2F', '/');
}

function escapeReserved(character: string): string {
  return `%${character.charCodeAt(0).toString(16).toUpperCase()}`;
}
