/**
 * Percent-encoded UTF-8 in a header value, as clients write tags and the targets of links. A plus
 * is a space: some of them encode as forms do, and all of them escape a plus. `undefined` for what
 * is no UTF-8.
 */
export function decodeForm(text: string): string | undefined {
  return decodeEscapes(text.replaceAll('+', ' '));
}

/** The same where a plus is a plus. */
export function decodeEscapes(text: string): string | undefined {
  if (/%(?![0-9A-Fa-f]{2})/.test(text)) return undefined;
  // Header values are byte strings; escapes stand for bytes; all together are UTF-8.
  const bytes = text.replace(/%([0-9A-Fa-f]{2})/g, (_escape, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  );
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(
      Buffer.from(bytes, 'latin1'),
    );
  } catch {
    return undefined;
  }
}
