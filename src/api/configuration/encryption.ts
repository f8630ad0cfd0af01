/**
 * Default encryption: `?encryption` (oss-semantics.md 8)
 * https://www.alibabacloud.com/help/en/oss/developer-reference/putbucketencryption
 */
import { type EncryptionDocument, isHeaderValue } from '../../buckets/index.ts';
import { OssError } from '../../errors/index.ts';
import { element, type XmlElement, type XmlNode } from '../../xml/index.ts';
import { invalidArgument, malformedXml, onlyChild } from '../document.ts';
import type { Configuration } from './configuration.ts';
import { checkTextLength, optionalElement, optionalText, requiredText } from './reading.ts';

const algorithms = ['AES256', 'KMS', 'SM4'] as const;
/** Ours; ids of keys are shorter. */
const keyIdBytesMax = 256;

export const encryption: Configuration<'encryption'> = {
  document: 'encryption',
  root: 'ServerSideEncryptionRule',
  parse(root) {
    const rule = onlyChild(root, 'ApplyServerSideEncryptionByDefault');
    if (rule === undefined) throw malformedXml('ApplyServerSideEncryptionByDefault is missing');
    return parseRule(rule);
  },
  render: (document) =>
    element(
      'ServerSideEncryptionRule',
      element('ApplyServerSideEncryptionByDefault', ...encryptionElements(document)),
    ),
  none: 'NoSuchServerSideEncryptionRule',
};

function parseRule(rule: XmlElement): EncryptionDocument {
  const name = requiredText(rule, 'SSEAlgorithm');
  const algorithm = algorithms.find((one) => one === name);
  if (algorithm === undefined) throw new OssError('InvalidEncryptionAlgorithmError');
  const keyId = optionalText(rule, 'KMSMasterKeyID');
  const dataAlgorithm = optionalText(rule, 'KMSDataEncryption');
  if (keyId !== undefined && algorithm !== 'KMS') {
    const message = 'KMSMasterKeyID is not applicable if the default sse algorithm is not KMS';
    throw invalidArgument('KMSMasterKeyID', keyId.slice(0, 100), message);
  }
  if (keyId !== undefined) checkKeyId(keyId);
  // Beside another algorithm it is dropped and no fault: a live suite reads it back as absent.
  if (dataAlgorithm === undefined || algorithm !== 'KMS') return { algorithm, keyId };
  if (dataAlgorithm !== 'SM4') throw new OssError('InvalidEncryptionAlgorithmError');
  return { algorithm, keyId, dataAlgorithm };
}

/** Answers about objects show it in a header. */
function checkKeyId(keyId: string): void {
  checkTextLength('KMSMasterKeyID', keyId, keyIdBytesMax);
  if (isHeaderValue(keyId)) return;
  const message = 'KMSMasterKeyID holds a character that no header may hold.';
  throw invalidArgument('KMSMasterKeyID', keyId, message);
}

/** As GetBucketEncryption and GetBucketInfo show it. */
export function encryptionElements({
  algorithm,
  keyId,
  dataAlgorithm,
}: EncryptionDocument): (XmlNode | undefined)[] {
  return [
    element('SSEAlgorithm', algorithm),
    optionalElement('KMSMasterKeyID', keyId),
    optionalElement('KMSDataEncryption', dataAlgorithm),
  ];
}
