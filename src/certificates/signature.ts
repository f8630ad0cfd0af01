/**
 * Which digest signed a certificate, read from its DER: OpenSSL's names do not tell the digest of
 * RSASSA-PSS, whose default is SHA-1 (RFC 8017 A.2.3).
 *
 *     Certificate ::= SEQUENCE { tbsCertificate, signatureAlgorithm, signatureValue }
 *
 * (RFC 5280 4.1)
 */

/** DER of the object identifiers, tag and length included, in hex. */
const weakAlgorithms: readonly string[] = [
  '06092a864886f70d010102', // md2WithRSAEncryption (RFC 3279 2.2.1)
  '06092a864886f70d010103', // md4WithRSAEncryption
  '06092a864886f70d010104', // md5WithRSAEncryption
  '06092a864886f70d010105', // sha1WithRSAEncryption
  '06052b0e03021d', // sha1WithRSASignature (OIW)
  '06052b0e030203', // md5WithRSA (OIW)
  '06052b0e03021b', // dsaWithSHA1 (OIW)
  '06072a8648ce380403', // dsa-with-sha1
  '06072a8648ce3d0401', // ecdsa-with-SHA1 (RFC 3279 2.2.3)
];

/** id-RSASSA-PSS (RFC 4055 section 1). */
const pss = '06092a864886f70d01010a';

/** id-mgf1 (RFC 4055 2.2). */
const mgf1 = '06092a864886f70d010108';

/** id-sha256, id-sha384, id-sha512 (RFC 4055 2.1), as they stand in PSS parameters. */
const strongDigests: readonly string[] = [
  '0609608648016503040201',
  '0609608648016503040202',
  '0609608648016503040203',
];

/** Whether MD5, SHA-1 or something older signed it; true too when the DER cannot be followed. */
export function isWeakSignature(certificateDer: Uint8Array): boolean {
  const algorithm = signatureAlgorithm(certificateDer);
  if (algorithm === undefined) return true;
  if (algorithm.startsWith(pss)) {
    // The digest of the mask comes after the digest of the message and does not count.
    const [message = ''] = algorithm.split(mgf1);
    return !strongDigests.some((oid) => message.includes(oid));
  }
  return weakAlgorithms.some((oid) => algorithm.startsWith(oid));
}

/** Contents of the AlgorithmIdentifier, in hex. */
function signatureAlgorithm(der: Uint8Array): string | undefined {
  const certificate = readHeader(der, 0);
  const tbs = certificate && readHeader(der, certificate.start);
  const algorithm = tbs && readHeader(der, tbs.end);
  if (algorithm === undefined) return undefined;
  return Buffer.from(der.subarray(algorithm.start, algorithm.end)).toString('hex');
}

/** Where the contents of the element at `position` lie; lengths as in X.690 8.1.3. */
function readHeader(der: Uint8Array, position: number): { start: number; end: number } | undefined {
  const first = der[position + 1];
  if (first === undefined) return undefined;
  let start = position + 2;
  let length = first;
  if (first >= 0x80) {
    const count = first & 0x7f;
    length = 0;
    for (const byte of der.subarray(start, start + count)) length = length * 256 + byte;
    start += count;
  }
  const end = start + length;
  return end <= der.length ? { start, end } : undefined;
}
