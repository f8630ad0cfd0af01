import { OssError } from '../errors/index.ts';
import { parseDomain } from '../names/index.ts';

/** Published for names of three characters and fewer, e.g. `w.c` (custom-domain.md 5.1). */
const tooShortEc = '0017-00000249';
/** Ours, for every other fault of a name. */
const badDomainEc = '9017-00000249';

/**
 * The canonical form of a Domain as a caller wrote it, XML white space around it left out
 * (DESIGN ruling 15).
 * @throws OssError InvalidArgument with a sentence that says what is wrong.
 */
export function readDomain(text: string): string {
  const trimmed = text.replace(/^[ \t\r\n]+|[ \t\r\n]+$/g, '');
  const parsed = parseDomain(trimmed);
  if (parsed.ok) return parsed.domain;
  throw new OssError('InvalidArgument', {
    message: parsed.message,
    ec: parsed.problem === 'too-short' ? tooShortEc : badDomainEc,
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
