/**
 * CORS on the answers themselves, refusals and redirects included: a page of another origin that
 * may not read the answer cannot see why it was refused (oss-semantics.md 3). Never a reason to
 * refuse: without a matching rule the answer goes out as it is, and the browser keeps it.
 */
import { type Bucket, type CorsMatch, matchCorsRule } from '../buckets/index.ts';
import type { HttpRequest, HttpResponse } from '../http/index.ts';
import type { Services } from './services.ts';

type Headers = Readonly<Record<string, string>>;

/** What a match lets the page do; `methods` in the form that is shown. */
export function crossOriginHeaders({ rule, allowOrigin }: CorsMatch, methods: string): Headers {
  const headers: Record<string, string> = {
    'Access-Control-Allow-Origin': allowOrigin,
    'Access-Control-Allow-Methods': methods,
  };
  if (rule.exposeHeaders.length > 0) {
    headers['Access-Control-Expose-Headers'] = rule.exposeHeaders.join(', ');
  }
  if (rule.maxAgeSeconds !== undefined) {
    headers['Access-Control-Max-Age'] = String(rule.maxAgeSeconds);
  }
  return headers;
}

/** The answer of `bucket` to `request` with what its CORS document adds; it costs nothing else. */
export async function applyCrossOrigin(
  response: HttpResponse,
  request: HttpRequest,
  bucket: Bucket,
  services: Pick<Services, 'documents'>,
): Promise<HttpResponse> {
  if (!bucket.documents.includes('cors')) return response;
  const document = await services.documents.find(bucket, 'cors');
  if (document === undefined) return response;
  const { origin } = request.headers;
  const match = origin
    ? matchCorsRule(document, { origin, method: request.method, headers: [] })
    : undefined;
  const headers = {
    ...response.headers,
    ...(match && crossOriginHeaders(match, match.rule.allowedMethods.join(', '))),
  };
  // What names one origin must not be kept for another, whatever the document says.
  const allowed = headers['Access-Control-Allow-Origin'];
  if (document.responseVary || (allowed !== undefined && allowed !== '*')) {
    headers.Vary = headers.Vary === undefined ? 'Origin' : `${headers.Vary}, Origin`;
  }
  return { ...response, headers };
}
