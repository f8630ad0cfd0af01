/**
 * Sealing: private keys and access key secrets at rest (security.md 4.3). AES-256-GCM envelopes; a
 * data key per text, wrapped by a master key that lives in a file of its own.
 */
export { moveSealed, type SealerPair } from './moving.ts';
export { createMasterKeyFile, openSealer, type Sealer, SealingError } from './sealer.ts';
export { type CheckValueStore, startSealing } from './start.ts';
