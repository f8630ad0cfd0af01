import { refine } from '../errors/index.ts';
import { parseDomain } from '../names/index.ts';

/**
 * The canonical form of a Domain as a caller wrote it, XML white space around it left out
 * (DESIGN ruling 15).
 * @throws OssError InvalidArgument with a sentence that says what is wrong.
 */
export function readDomain(text: string): string {
  const trimmed = text.replace(/^[ \t\r\n]+|[ \t\r\n]+$/g, '');
  const parsed = parseDomain(trimmed);
  if (parsed.ok) return parsed.domain;
  throw refine(parsed.problem === 'too-short' ? 'domainTooShort' : 'domainInvalid', {
    message: parsed.message,
    fields: {
      ArgumentName: 'Domain',
      ...(isKeyMaterial(trimmed) ? {} : { ArgumentValue: trimmed }),
    },
  });
}

/**
 * A private key that was put into the wrong element must not come back in an answer, which clients
 * write into their logs (security.md 4.4). No label of a name is as long as a line of PEM.
 */
function isKeyMaterial(text: string): boolean {
  return /PRIVATE KEY|[A-Za-z0-9+/=]{64}/.test(text);
}
