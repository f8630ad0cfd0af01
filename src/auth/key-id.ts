import { type RefinementName, refine } from '../errors/index.ts';
import { invalidArgument } from './refusals.ts';

/** Longer ids exist nowhere; the bound keeps store reads and logs small. */
const keyIdLengthMax = 128;
const acceptedForm = /^[0-9A-Za-z._=]+$/;
const printableAscii = /^[\x21-\x7e]+$/;

/**
 * Refuses an access key id that cannot be one: control characters and the like are a malformed
 * request, other forbidden characters are an unknown key (oss-signature.md 7).
 */
export function checkAccessKeyId(
  accessKeyId: string,
  malformed: { cause: RefinementName; argument: string },
): void {
  if (accessKeyId.length > keyIdLengthMax || !printableAscii.test(accessKeyId)) {
    throw invalidArgument(malformed.cause, 'The OSS Access Key Id you provided is malformed.', {
      name: malformed.argument,
      value: accessKeyId.slice(0, keyIdLengthMax),
    });
  }
  if (acceptedForm.test(accessKeyId)) return;
  throw refine('keyIdForbiddenCharacters', {
    message: 'The OSS Access Key Id you provided holds characters other than 0-9 a-z A-Z . _ =',
    fields: { OSSAccessKeyId: accessKeyId },
  });
}
