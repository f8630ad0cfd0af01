/**
 * Forced download on endpoint hosts (DESIGN ruling 20, custom-domain.md 8.4): all buckets share the
 * endpoint's origin, so active content must not run there. Mapped domains are their owner's own
 * origin and never get it: this is why people map domains at all.
 */
import type { HttpResponse } from '../http/index.ts';
import type { OperationContext } from './types.ts';

/** Types a browser runs or renders as a document: HTML, XHTML, SVG, and XML of any kind. */
const activeType =
  /^\s*(?:text\/html|application\/xhtml\+xml|image\/svg\+xml|(?:text|application)\/xml|[^;\s]+\+xml)\s*(?:;|$)/i;

export function applyForcedDownload(
  response: HttpResponse,
  context: OperationContext,
): HttpResponse {
  if (!context.services.settings.isForceDownload) return response;
  if (context.target.addressing === 'mapped-domain' || !servesObject(context)) return response;
  if (context.request.headers.authorization !== undefined) return response;
  if (!activeType.test(response.headers['Content-Type'] ?? '')) return response;
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
