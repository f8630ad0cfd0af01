import type { Finding, FindingKind } from './types.ts';

type Entry = Pick<Finding, 'weight' | 'advice'>;

const damage = (advice: string): Entry => ({ weight: 'damage', advice });
const leftOver = (advice: string): Entry => ({ weight: 'left-over', advice });

const uploadAgain = damage('Upload the object again, or delete it.');
const abortUpload = damage('Abort the upload and begin it anew, or restore the row.');
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
  'parts-incomplete': uploadAgain,
  'content-sealed-away': damage(
    'Put back the master key file that has the key, or upload the object again.',
  ),
  'object-unreadable': damage('Upload the object again: that replaces the row.'),
  'object-without-bucket': restore,
  'versions-disordered': damage('Upload the object again: what is on top is right then.'),
  'upload-without-bucket': restore,
  'upload-unreadable': abortUpload,
  'part-without-upload': restore,
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
  'callback-key-broken': damage(
    'Put back the master key file that has the key, or restore the setting callback-key.',
  ),
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
  'parts-without-object': leftOver('--repair removes them.'),
  'bytes-without-row': leftOver(byRepair),
  'garbage-left': leftOver(byRepair),
  'announcements-left': leftOver('--repair lets them expire; a running server does too.'),
};
