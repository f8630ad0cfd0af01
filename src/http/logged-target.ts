/** Their value alone lets a reader repeat the request (oss-signature.md 2, 4 and 5). */
const credentials: ReadonlySet<string> = new Set([
  'signature',
  'x-oss-signature',
  'security-token',
  'x-oss-security-token',
]);

/**
 * The request target as a log may show it: a presigned URL is good for up to seven days, so that
 * its signature and security token are left out. Everything else stays as it was sent.
 */
export function withoutCredentials(target: string): string {
  const question = target.indexOf('?');
  if (question === -1) return target;
  const parts = target.slice(question + 1).split('&');
  return `${target.slice(0, question)}?${parts.map(hideValue).join('&')}`;
}

function hideValue(part: string): string {
  const equals = part.indexOf('=');
  if (equals === -1) return part;
  const name = part.slice(0, equals);
  return credentials.has(nameOf(name)) ? `${name}=-` : part;
}

/** In small letters, and decoded: a name may be escaped as well as its value. */
function nameOf(raw: string): string {
  if (!raw.includes('%')) return raw.toLowerCase();
  const plain = raw.replace(/%([0-9A-Fa-f]{2})/g, (_, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  );
  return plain.toLowerCase();
}
