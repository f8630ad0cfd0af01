/**
 * Certificates: from PEM to a checked, sealed, bindable certificate, and back to a key and chain
 * for TLS. Never lets a private key out except through `unseal`. Knows no HTTP, XML, DNS.
 */
export { createCertificates } from './certificates.ts';
export { movePrivateKey } from './key-sealing.ts';
export { exchangeLeaf } from './leaf-exchange.ts';
export { resealPrivateKeys } from './reseal.ts';
export { coversDomain, faultOfCertificate } from './soundness.ts';
export { removeEndedCertificates } from './sweeping.ts';
export type * from './types.ts';
