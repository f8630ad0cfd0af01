/**
 * The signature schemes of OSS as pure functions over strings: canonical forms, strings to sign,
 * signatures (oss-signature.md). Used by the server to verify and by the client to sign; node:crypto
 * only, no state.
 */
