import { hash, type X509Certificate } from 'node:crypto';

/** A certificate whose key was proven and which TLS was seen to take. */
export interface Servable {
  readonly leaf: X509Certificate;
  /** Leaf first. */
  readonly chainPem: string;
  /** Of the account that it was sent by. */
  readonly keySealed: string;
  /** `digestOf` the text of the key that was proven last; none where it came from the store. */
  readonly provenKey: string | undefined;
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
  return digestOf(`${accountId}\0${certificateText}`);
}

/** Of a private key it tells no more than the certificate does: whether a guess is right. */
export function digestOf(text: string): string {
  return hash('sha256', text, 'base64');
}
