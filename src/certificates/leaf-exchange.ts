import type { SecureContext } from 'node:tls';

/** The native side of a context, as `createSecureContext` of the runtime itself fills it. */
interface NativeContext {
  setCert(pem: string): void;
  setKey(pem: Buffer): void;
}

/**
 * A leaf and its key take the place of those of the same kind of key that the context has; the
 * issuers in it stay (decision 16). What throws leaves a context that must not be used any more.
 *
 * @throws Error of OpenSSL when TLS does not take the pair
 */
export function exchangeLeaf({ context }: SecureContext, leafPem: string, keyPem: Buffer): void {
  const native: NativeContext = context;
  native.setCert(leafPem);
  native.setKey(keyPem);
}
