/**
 * The public key of upload callbacks, at a path of the endpoint that can be no bucket's
 * (oss-semantics.md 7.5): receivers are told of it in `x-oss-pub-key-url`.
 */
import type { HttpRequest, HttpResponse } from '../http/index.ts';
import type { Services } from './services.ts';

const path = '/.well-known/cnamed/callback-key.pem';

export function isCallbackKeyRequest({ method, rawPath }: HttpRequest): boolean {
  return rawPath === path && (method === 'GET' || method === 'HEAD');
}

/** Anybody may read it. */
export async function answerCallbackKey({ callbacks }: Services): Promise<HttpResponse> {
  const bytes = Buffer.from(await callbacks.publicKeyPem(), 'utf8');
  return {
    status: 200,
    headers: { 'Content-Type': 'application/x-pem-file' },
    body: { kind: 'bytes', bytes },
    headLength: bytes.length,
  };
}

/** Where receivers find the key. */
export function callbackKeyUrl({ settings }: Services): string {
  return `${settings.publicScheme}://${settings.publicEndpoint}${path}`;
}
