/**
 * Ids of certificates as the API writes them: `10457788-cn-hangzhou`, the store's number and the
 * configured region (custom-domain.md 7).
 */

/** custom-domain.md 2.1: shorter than 64 bytes, else EC 0018-00000206. */
export const certificateIdBytesMax = 63;

export function formatCertificateId(number: number, region: string): string {
  return `${number}-${region}`;
}

/** The number; `undefined` when the text is no id of this region. */
export function parseCertificateId(text: string, region: string): number | undefined {
  const [, digits = '', suffix] = /^([1-9][0-9]{0,14})-(.+)$/s.exec(text) ?? [];
  return digits !== '' && suffix === region ? Number(digits) : undefined;
}
