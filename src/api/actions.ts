/**
 * The RAM actions of operations (access-control.md 5): most have the operation's own name; here are
 * the others, and what a version in the request makes of an action.
 */

/** By the name of the operation. */
const named: Readonly<Record<string, string>> = {
  PutBucketTags: 'oss:PutBucketTagging',
  GetBucketTags: 'oss:GetBucketTagging',
  DeleteBucketTags: 'oss:DeleteBucketTagging',
  ListObjectsV2: 'oss:ListObjects',
  PutBucketQosInfo: 'oss:PutBucketQoSInfo',
  GetBucketQosInfo: 'oss:GetBucketQoSInfo',
  DeleteBucketQosInfo: 'oss:DeleteBucketQoSInfo',
  CopyObject: 'oss:PutObject',
  AppendObject: 'oss:PutObject',
  SealAppendObject: 'oss:PutObject',
  PostObject: 'oss:PutObject',
  PutSymlink: 'oss:PutObject',
  GetSymlink: 'oss:GetObject',
  HeadObject: 'oss:GetObject',
  GetObjectMeta: 'oss:GetObject',
  SelectObject: 'oss:GetObject',
  HeadWebsiteRoot: 'oss:GetObject',
  DeleteMultipleObjects: 'oss:DeleteObject',
  PutObjectACL: 'oss:PutObjectAcl',
  GetObjectACL: 'oss:GetObjectAcl',
  CleanRestoredObject: 'oss:RestoreObject',
  InitiateMultipartUpload: 'oss:PutObject',
  UploadPart: 'oss:PutObject',
  UploadPartCopy: 'oss:PutObject',
  CompleteMultipartUpload: 'oss:PutObject',
  GetLiveChannelInfo: 'oss:GetLiveChannel',
};

export function actionOf(operationName: string): string {
  return named[operationName] ?? `oss:${operationName}`;
}

const ofVersions: Readonly<Record<string, string>> = {
  'oss:GetObject': 'oss:GetObjectVersion',
  'oss:DeleteObject': 'oss:DeleteObjectVersion',
  'oss:PutObjectAcl': 'oss:PutObjectVersionAcl',
  'oss:GetObjectAcl': 'oss:GetObjectVersionAcl',
  'oss:PutObjectTagging': 'oss:PutObjectVersionTagging',
  'oss:GetObjectTagging': 'oss:GetObjectVersionTagging',
  'oss:DeleteObjectTagging': 'oss:DeleteObjectVersionTagging',
  'oss:RestoreObject': 'oss:RestoreObjectVersion',
};

/** Exactly one of the two names is asked for. */
export function actionOnVersion(action: string, isVersionNamed: boolean): string {
  return isVersionNamed ? (ofVersions[action] ?? action) : action;
}

/** What PutCname needs besides its own action when it names or brings a certificate. */
export const certificateActions = [
  'yundun-cert:DescribeSSLCertificatePrivateKey',
  'yundun-cert:DescribeSSLCertificatePublicKeyDetail',
  'yundun-cert:CreateSSLCertificate',
] as const;
