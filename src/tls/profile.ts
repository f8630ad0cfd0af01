import { constants } from 'node:crypto';
import type { SecureContextOptions } from 'node:tls';

/** Suites of TLS 1.3, then of 1.2: forward secrecy and authenticated encryption only. */
const ciphers = [
  'TLS_AES_128_GCM_SHA256',
  'TLS_AES_256_GCM_SHA384',
  'TLS_CHACHA20_POLY1305_SHA256',
  'ECDHE-ECDSA-AES128-GCM-SHA256',
  'ECDHE-RSA-AES128-GCM-SHA256',
  'ECDHE-ECDSA-AES256-GCM-SHA384',
  'ECDHE-RSA-AES256-GCM-SHA384',
  'ECDHE-ECDSA-CHACHA20-POLY1305',
  'ECDHE-RSA-CHACHA20-POLY1305',
];

/** The hybrid post-quantum group came with OpenSSL 3.5; an unknown name there is an error. */
const classicGroups = ['X25519', 'P-256', 'P-384'];
const postQuantumGroup = 'X25519MLKEM768';
const postQuantumSince = [3, 5] as const;

export interface TlsProfile {
  readonly minVersion: 'TLSv1.2';
  readonly maxVersion: 'TLSv1.3';
  readonly ciphers: string;
  readonly ecdhCurve: string;
  readonly secureOptions: number;
  /** All suites are strong: the client knows which its hardware does best. */
  readonly honorCipherOrder: false;
}

/**
 * What the listener and every secure context offer (security.md 5.1): TLS 1.2 and 1.3, no CBC, no
 * RSA key exchange, no renegotiation. A context of a name brings only its certificate to a
 * handshake; versions and suites are the listener's, or those of its variant (restriction.ts).
 */
export function tlsProfile(opensslVersion = process.versions.openssl): TlsProfile {
  const groups = hasPostQuantum(opensslVersion)
    ? [postQuantumGroup, ...classicGroups]
    : classicGroups;
  return {
    minVersion: 'TLSv1.2',
    maxVersion: 'TLSv1.3',
    ciphers: ciphers.join(':'),
    ecdhCurve: groups.join(':'),
    secureOptions: constants.SSL_OP_NO_RENEGOTIATION | constants.SSL_OP_NO_COMPRESSION,
    honorCipherOrder: false,
  } satisfies SecureContextOptions;
}

function hasPostQuantum(version: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const [majorSince, minorSince] = postQuantumSince;
  return major > majorSince || (major === majorSince && minor >= minorSince);
}
