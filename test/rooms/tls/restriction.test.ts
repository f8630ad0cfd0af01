/** What a bucket leaves of the profile (custom-domain.md 9). */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { restrictProfile, type TlsRestriction, tlsProfile } from '../../../src/tls/index.ts';

const gcm = 'ECDHE-ECDSA-AES256-GCM-SHA384';
const cbc = 'ECDHE-ECDSA-AES128-SHA256';
const tls13 = 'TLS_AES_256_GCM_SHA384';

/** Restriction, then minimum, maximum and suites; what is not given is not restricted. */
const table: [Partial<TlsRestriction>, string, string?, string?][] = [
  [{ versions: ['TLSv1.3'] }, 'TLSv1.3', 'TLSv1.3'],
  [{ versions: ['TLSv1.2'] }, 'TLSv1.2', 'TLSv1.2'],
  [{ versions: ['TLSv1.0', 'TLSv1.1', 'TLSv1.2'] }, 'TLSv1.2', 'TLSv1.2'],
  [{ versions: ['TLSv1.3', 'TLSv1.2'] }, 'TLSv1.2', 'TLSv1.3', tlsProfile().ciphers],
  [{ suites: [gcm, cbc], suitesTls13: [tls13] }, 'TLSv1.2', 'TLSv1.3', `${tls13}:${gcm}`],
  [{ suites: [cbc], suitesTls13: [tls13] }, 'TLSv1.3', 'TLSv1.3', tls13],
  [{ suitesTls13: ['TLS_AES_128_CCM_SHA256'], suites: [gcm] }, 'TLSv1.2', 'TLSv1.2', gcm],
  [{ versions: ['TLSv1.0', 'TLSv1.1'] }, 'nothing'],
  [{ versions: ['TLSv1.2'], suites: [cbc] }, 'nothing'],
  [{ versions: ['TLSv1.3'], suitesTls13: ['TLS_AES_128_CCM_SHA256'] }, 'nothing'],
];

for (const [change, minVersion, maxVersion, ciphers] of table) {
  test(`${JSON.stringify(change)} leaves ${minVersion} ${maxVersion ?? ''}`, () => {
    const open = { versions: undefined, suites: undefined, suitesTls13: undefined };
    const left = restrictProfile({ ...open, ...change });
    if (minVersion === 'nothing') {
      assert.equal(left, undefined);
      return;
    }
    assert.deepEqual([left?.minVersion, left?.maxVersion], [minVersion, maxVersion]);
    if (ciphers) assert.equal(left?.ciphers, ciphers);
    const spoken = tlsProfile().ciphers.split(':');
    assert.ok(left?.ciphers.split(':').every((suite) => spoken.includes(suite)));
  });
}
