/**
 * Documents of one word or one switch (oss-semantics.md 8):
 * https://www.alibabacloud.com/help/en/oss/developer-reference/putbuckettransferacceleration
 * https://www.alibabacloud.com/help/en/oss/developer-reference/putbucketarchivedirectread
 * https://www.alibabacloud.com/help/en/oss/developer-reference/putbucketaccessmonitor
 * https://www.alibabacloud.com/help/en/oss/developer-reference/putbucketrequestpayment
 * https://www.alibabacloud.com/help/en/oss/developer-reference/putbucketpublicaccessblock
 */
import type { DocumentName, DocumentTypes, SwitchDocument } from '../../buckets/index.ts';
import { OssError } from '../../errors/index.ts';
import { element } from '../../xml/index.ts';
import { bucketOf } from '../context.ts';
import { childBoolean } from '../document.ts';
import type { OperationContext } from '../types.ts';
import type { Configuration } from './configuration.ts';
import { optionalElement, requiredBoolean, requiredWord } from './reading.ts';

/** Names of documents that are one switch. */
type SwitchName = {
  [Name in DocumentName]: DocumentTypes[Name] extends SwitchDocument ? Name : never;
}[DocumentName];

function switchConfiguration<Name extends SwitchName>(
  document: Name,
  root: string,
  child: string,
  none: Configuration<Name>['none'],
): Configuration<Name> {
  return {
    document,
    root,
    parse: (parsed) => ({ isEnabled: requiredBoolean(parsed, child) }) as DocumentTypes[Name],
    render: ({ isEnabled }) => element(root, element(child, String(isEnabled))),
    none,
  };
}

export const transferAcceleration = switchConfiguration(
  'transfer-acceleration',
  'TransferAccelerationConfiguration',
  'Enabled',
  'NoSuchTransferAccelerationConfiguration',
);

export const archiveDirectRead = switchConfiguration(
  'archive-direct-read',
  'ArchiveDirectReadConfiguration',
  'Enabled',
  { isEnabled: false },
);

export const accessMonitor: Configuration<'access-monitor'> = {
  document: 'access-monitor',
  root: 'AccessMonitorConfiguration',
  async parse(root, context) {
    const status = requiredWord(root, 'Status', ['Enabled', 'Disabled']);
    if (status === 'Disabled') await refuseWhileAccessTimesCount(context);
    return { status, allowCopy: childBoolean(root, 'AllowCopy') };
  },
  render: ({ status, allowCopy }) =>
    element(
      'AccessMonitorConfiguration',
      element('Status', status),
      optionalElement('AllowCopy', allowCopy),
    ),
  none: { status: 'Disabled' },
};

/** Rules of the lifecycle that go by times of access would be left without any. */
async function refuseWhileAccessTimesCount(context: OperationContext): Promise<void> {
  const lifecycle = await context.services.documents.find(bucketOf(context), 'lifecycle');
  const transitions = lifecycle?.rules.flatMap((rule) => [
    ...rule.transitions,
    ...rule.noncurrentTransitions,
  ]);
  if (!transitions?.some(({ isAccessTime }) => isAccessTime)) return;
  throw new OssError('AccessMonitorDisableNotAllowed');
}

export const requestPayment: Configuration<'payment'> = {
  document: 'payment',
  root: 'RequestPaymentConfiguration',
  parse: (root) => ({ payer: requiredWord(root, 'Payer', ['BucketOwner', 'Requester']) }),
  render: ({ payer }) => element('RequestPaymentConfiguration', element('Payer', payer)),
  none: { payer: 'BucketOwner' },
};
