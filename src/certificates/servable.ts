import { createHash, type X509Certificate } from 'node:crypto';

/** A certificate whose key was proven and which TLS was seen to take. */
export interface Servable {
  readonly leaf: X509Certificate;
  /** Leaf first. */
  readonly chainPem: string;
  /** Of the account that it was sent by. */
  readonly keySealed: string;
}

/** Per process. Some kilobytes each, most of them OpenSSL's; no key in the clear is among them. */
const keptMax = 1_000;

/**
 * Servable certificates by account and text, the latest of them. What was found out about a text
 * and its sealed key stays true, so that a certificate bound to its thousandth domain is not tried
 * in TLS a thousand times: that was about half of what a binding by id cost the event loop.
 */
export class KnownServables {
  readonly #kept = new Map<string, Servable>();

  find(accountId: string, certificateText: string): Servable | undefined {
    const key = keyOf(accountId, certificateText);
    const found = this.#kept.get(key);
    if (found !== undefined) {
      this.#kept.delete(key);
      this.#kept.set(key, found);
    }
    return found;
  }

  keep(accountId: string, certificateText: string, servable: Servable): void {
    const key = keyOf(accountId, certificateText);
    this.#kept.delete(key);
    this.#kept.set(key, servable);
    if (this.#kept.size <= keptMax) return;
    for (const oldest of this.#kept.keys()) {
      this.#kept.delete(oldest);
      break;
    }
  }
}

function keyOf(accountId: string, certificateText: string): string {
  return createHash('sha256').update(`${accountId}\0${certificateText}`).digest('base64');
}
