import { createPrivateKey, X509Certificate } from 'node:crypto';
import type { SecureContext, TlsOptions } from 'node:tls';
import { tlsProfile } from './profile.ts';
import type { SniContexts } from './sni.ts';

/** What is spoken inside TLS; whoever offers only others is refused (security.md 5.6). */
const http1 = 'http/1.1';
/** By preference. */
const protocols = ['h2', http1];
/** Sessions are resumed for an hour at most; ticket keys end them sooner. */
const sessionTimeoutSeconds = 3_600;

/** The operator's own certificate: endpoint hosts, and names without one of their own. */
export interface DefaultCertificate {
  /** PEM, leaf first. */
  readonly chainPem: string;
  readonly keyPem: string | Buffer;
}

/**
 * Options of an HTTPS listener: the profile, the default certificate if there is one, and the
 * look-up by server name. Without a default, handshakes that find no certificate end with a fatal
 * alert.
 *
 * @throws Error when the default certificate and its key do not belong together
 */
export function createListenerOptions(options: {
  readonly contexts: SniContexts;
  readonly defaultCertificate?: DefaultCertificate | undefined;
  /** Whether HTTP/2 is offered, too. */
  readonly isHttp2?: boolean;
}): TlsOptions {
  const own = options.defaultCertificate;
  if (own) checkPair(own);
  return {
    ...tlsProfile(),
    ...(own ? { cert: own.chainPem, key: own.keyPem } : {}),
    ALPNProtocols: options.isHttp2 === false ? [http1] : protocols,
    sessionIdContext: 'cnamed',
    sessionTimeout: sessionTimeoutSeconds,
    SNICallback: createSniCallback(options.contexts),
  };
}

/** A mismatch of key types passes `createSecureContext` unnoticed (DESIGN section 1). */
function checkPair(own: DefaultCertificate): void {
  const leaf = new X509Certificate(own.chainPem);
  if (!leaf.checkPrivateKey(createPrivateKey(own.keyPem))) {
    throw new Error('The key of the default certificate does not belong to it.');
  }
}

/**
 * The look-up as the runtime calls it. Calls back exactly once and never throws: a synchronous
 * throw has ended whole processes (CVE-2026-21637, security.md 5.2). What is at hand is given at
 * once: a handshake that waits is suspended and taken up again, which costs a twentieth of it.
 */
export function createSniCallback(
  contexts: SniContexts,
): (serverName: string, done: (problem: Error | null, context?: SecureContext) => void) => void {
  return (serverName, done) => {
    const now = contexts.contextNow(serverName);
    if (now !== undefined) {
      done(null, now.context);
      return;
    }
    // Both ways out are arguments of one `then`: a throw inside `done` leads to no second call.
    contexts.contextFor(serverName).then(
      (context) => done(null, context),
      () => done(new Error('The certificate of this name cannot be loaded.')),
    );
  };
}
