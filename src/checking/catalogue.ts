import type { Finding, FindingKind } from './types.ts';

type Entry = Pick<Finding, 'weight' | 'advice'>;

const damage = (advice: string): Entry => ({ weight: 'damage', advice });
const leftOver = (advice: string): Entry => ({ weight: 'left-over', advice });

const uploadAgain = damage('Upload the object again, or delete it.');
const restore = damage('Restore the row from a backup of the database.');
const releaseDomain = damage('Remove the domain from the bucket (DeleteCname) and map it again.');
const bindAgain = damage(
  'Bind a certificate with its key again: cnamed domain cert DOMAIN --bucket BUCKET --force.',
);
const byRepair = '--repair removes it; a running server does too.';

/** What each finding weighs and what to do about it. */
export const catalogue: Readonly<Record<FindingKind, Entry>> = {
  'bytes-missing': uploadAgain,
  'bytes-of-another-size': uploadAgain,
  'bytes-changed': uploadAgain,
  'bytes-unreadable': damage(
    'Look at the disk or the object store; if it stays, upload the object again.',
  ),
  'object-unreadable': damage('Upload the object again: that replaces the row.'),
  'object-without-bucket': restore,
  'counters-wrong': damage('--repair counts anew.'),
  'bucket-without-account': restore,
  'policy-unreadable': damage(
    'Put the document again: cnamed policy create, cnamed role change --trust, or PutBucketPolicy.',
  ),
  'document-unreadable': damage('Put the document of the bucket again.'),
  'document-without-bucket': restore,
  'credential-sealed-away': damage(
    'Make another key (cnamed key create ACCOUNT) and disable this one, or restore the row.',
  ),
  'credential-without-account': restore,
  'certificate-broken': damage('Upload the certificate with its key again where it is bound.'),
  'mapping-without-bucket': restore,
  'mapping-of-another-account': releaseDomain,
  'binding-broken': bindAgain,
  'binding-of-another-account': bindAgain,
  'domain-not-covered': bindAgain,
  'token-without-bucket': restore,
  'token-broken': damage('Ask for a token again once it has expired, or restore the row.'),
  'departure-without-bucket': restore,
  'departure-broken': damage('Acknowledge it: DeleteCname on the bucket it left.'),
  'audit-unreadable': damage('Restore the record from a backup; nothing else depends on it.'),
  'bytes-without-row': leftOver(byRepair),
  'garbage-left': leftOver(byRepair),
  'announcements-left': leftOver('--repair lets them expire; a running server does too.'),
};
