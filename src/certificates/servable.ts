import { hash, type X509Certificate } from 'node:crypto';
import { Lru } from '../lru/index.ts';

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
  readonly #kept = new Lru<Servable>({ countMax: keptMax });

  find(accountId: string, certificateText: string): Servable | undefined {
    return this.#kept.find(keyOf(accountId, certificateText));
  }

  keep(accountId: string, certificateText: string, servable: Servable): void {
    this.#kept.keep(keyOf(accountId, certificateText), servable);
  }
}

function keyOf(accountId: string, certificateText: string): string {
  return digestOf(`${accountId}\0${certificateText}`);
}

/** Of a private key it tells no more than the certificate does: whether a guess is right. */
export function digestOf(text: string): string {
  return hash('sha256', text, 'base64');
}
