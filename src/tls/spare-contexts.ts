import { createSecureContext, type SecureContext } from 'node:tls';
import { exchangeLeaf } from '../certificates/index.ts';
import { tlsProfile } from './profile.ts';

/** Kept beyond those that are in use; as many as are dropped between two builds, and some. */
const sparesMax = 64;

/** What a context is made of. */
export interface ContextParts {
  /** PEM, leaf first. */
  readonly chainPem: string;
  /** PKCS #8 in PEM. */
  readonly keyPem: Buffer;
}

/** A context, and what another certificate must have in common with its own to take its place. */
export interface BuiltContext {
  readonly context: SecureContext;
  /** Undefined: none can. */
  readonly kind: string | undefined;
}

export interface ContextBuilder {
  /** @throws Error when TLS does not take the certificate with this key */
  build(parts: ContextParts): BuiltContext;
  /** Nobody will ask for this one again. */
  giveBack(built: BuiltContext): void;
}

/**
 * Builds contexts, out of those that were given back where it can: a new one costs 350 µs, most of
 * it for what is the same in all of them; another leaf and its key in one that is there, 120.
 *
 * What must hold: no handshake shows a certificate that its name did not have. A connection takes a
 * copy of certificate and key when it is given its context (`SSL_set_SSL_CTX`), so those that have
 * one do not notice. Whoever has asked for a context and not been given it yet is given it before
 * the event loop turns; so what was given back is not touched before that. And a context shows the
 * issuers and, for each kind of key, the leaf that it was given last: only a certificate with the
 * same issuers and the same kind of key takes the place of another.
 */
export function createContextBuilder(): ContextBuilder {
  const spares = new Map<string, SecureContext[]>();
  let count = 0;

  function take(kind: string | undefined): SecureContext | undefined {
    const found = kind === undefined ? undefined : spares.get(kind);
    const context = found?.pop();
    if (context === undefined || kind === undefined) return undefined;
    count--;
    if (found?.length === 0) spares.delete(kind);
    return context;
  }

  function put(kind: string, context: SecureContext): void {
    if (count >= sparesMax) return;
    count++;
    const found = spares.get(kind);
    if (found === undefined) spares.set(kind, [context]);
    else found.push(context);
  }

  return {
    build({ chainPem, keyPem }) {
      const leafEnd = chainPem.indexOf(endMark) + endMark.length;
      const kind = kindOf(chainPem.slice(leafEnd), keyPem);
      const spare = take(kind);
      if (spare !== undefined) {
        exchangeLeaf(spare, chainPem.slice(0, leafEnd), keyPem);
        return { context: spare, kind };
      }
      const context = createSecureContext({ ...tlsProfile(), cert: chainPem, key: keyPem });
      return { context, kind };
    },
    giveBack({ kind, context }) {
      if (kind !== undefined) setImmediate(put, kind, context);
    },
  };
}

const endMark = '-----END CERTIFICATE-----\n';

/** Of PKCS #8, before anything of the key itself (RFC 5208 5). */
const keyHeadMark = '-----BEGIN PRIVATE KEY-----\n';
const keyHeadCharacters = 44;
/** Object identifiers in DER: ecPublicKey (RFC 5480 2.1.1), rsaEncryption (RFC 8017 A.1). */
const algorithms: readonly (readonly [name: string, identifier: Buffer])[] = [
  ['ec', Buffer.from('06072a8648ce3d0201', 'hex')],
  ['rsa', Buffer.from('06092a864886f70d010101', 'hex')],
];

function kindOf(issuersPem: string, keyPem: Buffer): string | undefined {
  const start = keyHeadMark.length;
  const head = Buffer.from(
    keyPem.subarray(start, start + keyHeadCharacters).toString('latin1'),
    'base64',
  );
  const found = algorithms.find(([, identifier]) => head.includes(identifier));
  return found && `${found[0]}\n${issuersPem}`;
}
