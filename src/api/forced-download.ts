/**
 * Forced download on endpoint hosts (DESIGN ruling 20, custom-domain.md 8.4): all buckets share the
 * endpoint's origin, so active content must not run there. Mapped domains are their owner's own
 * origin and never get it: this is why people map domains at all.
 */
import type { HttpResponse } from '../http/index.ts';
import type { OperationContext } from './types.ts';

/**
 * Types a browser runs or renders as a document: HTML, XHTML, SVG, XML of any kind, and the one
 * multipart type whose parts may be any of these.
 */
const activeTypes: ReadonlySet<string> = new Set([
  'text/html',
  'text/xml',
  'text/xsl',
  'application/xml',
  'multipart/x-mixed-replace',
]);

/**
 * As the most generous browser reads it, since the type is whatever its uploader wrote: what
 * follows a blank or a parenthesis is no part of the type, and of several any may count.
 */
function isActive(contentType: string): boolean {
  return contentType.split(',').some((each) => {
    const [type = ''] = each
      .trim()
      .toLowerCase()
      .split(/[\s;(]/, 1);
    // XHTML and SVG are two of the XML types that say so in their names (RFC 7303 4.2).
    return activeTypes.has(type) || type.endsWith('+xml');
  });
}

export function applyForcedDownload(
  response: HttpResponse,
  context: OperationContext,
): HttpResponse {
  if (!context.services.settings.isForceDownload) return response;
  if (context.target.addressing === 'mapped-domain' || !servesObject(context)) return response;
  if (context.request.headers.authorization !== undefined) return response;
  if (!isActive(response.headers['Content-Type'] ?? '')) return response;
  return {
    ...response,
    headers: {
      ...response.headers,
      'Content-Disposition': 'attachment',
      'x-oss-force-download': 'true',
    },
  };
}

/** An object's own answer, or the index document of a website at the root of a bucket's host. */
function servesObject({ operation, caller }: OperationContext): boolean {
  switch (operation.name) {
    case 'GetObject':
    case 'HeadObject':
    case 'HeadWebsiteRoot':
      return true;
    case 'ListObjects':
      return caller.kind === 'anonymous';
    default:
      return false;
  }
}
