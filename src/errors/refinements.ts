import type { ErrorCode } from './catalogue.ts';

/** A particular cause of an error, told from the others of its code by its second-level code. */
export interface Refinement {
  readonly code: ErrorCode;
  readonly ec: string;
  /** When it is raised, in a few words: what docs/errors.md prints. */
  readonly meaning: string;
}

type Row = readonly [ec: string, meaning: string];

function of<Name extends string>(
  code: ErrorCode,
  rows: Readonly<Record<Name, Row>>,
): Readonly<Record<Name, Refinement>> {
  const named = Object.entries<Row>(rows).map(
    ([name, [ec, meaning]]) => [name, { code, ec, meaning }] as const,
  );
  return Object.fromEntries(named) as Record<Name, Refinement>;
}

/**
 * Every second-level code besides those of the catalogue's own rows, by the name under which rooms
 * raise it. ECs are stable where codes are not: where the reference names no code for a cause, only
 * its EC stays (custom-domain.md 6.2). Numbers as in the catalogue: published, or ours with a 9.
 */
export const refinements = {
  // Who asks, and whether they may (oss-signature.md 7)
  ...of('InvalidAccessKeyId', {
    keyIdForbiddenCharacters: ['0002-00000901', 'characters other than 0-9 a-z A-Z . _ ='],
    keyIdDisabled: ['0002-00000903', 'the key is disabled'],
  }),
  ...of('SignatureDoesNotMatch', {
    v4Signature: ['0002-00000201', 'signed with V4'],
    v1UrlSignature: ['0002-00000602', 'signed with V1 in the URL'],
  }),
  ...of('AccessDenied', {
    bucketForbidden: ['0003-00000002', 'no right to set the Referers of the bucket'],
    anonymousForbidden: [
      '0003-00001201',
      'nobody has signed, and an ACL or a policy lets nobody in',
    ],
    deniedByBucketPolicy: ['0003-00000101', 'the policy of the bucket denies it'],
    deniedByIdentityPolicy: ['0003-00000201', 'a policy of the user or the role denies it'],
    deniedByBothPolicies: [
      '0003-00000203',
      'both a policy of the caller and of the bucket deny it',
    ],
    batchDenied: ['0003-00000204', 'a policy denies it for one of several objects'],
    deniedBySessionPolicy: ['0003-00000301', 'the policy of the session does not allow it'],
    taggingForbidden: ['0003-00000905', 'tags with an upload, without the right to set tags'],
    refererForbidden: ['0003-00000501', 'the Referer is not allowed, PutBucketReferer'],
    aclForbidden: ['0003-00000007', 'the ACL is shown to the owner alone'],
    v1ExpiresMissing: ['0002-00000067', 'V1 in the URL without Expires'],
    v1ExpiresEmpty: ['0002-00000068', 'V1 in the URL, Expires is empty'],
    v1Expired: ['0002-00000069', 'V1 in the URL, Expires has passed'],
    v1ExpiresNoNumber: ['0002-00000070', 'V1 in the URL, Expires is no number'],
    v1KeyIdMissing: ['0002-00000071', 'V1 in the URL without OSSAccessKeyId'],
    v4TooEarly: ['0002-00000235', 'V4 in the URL, before its x-oss-date'],
    noDate: ['9002-00000003', 'Authorization without a date that can be read'],
    v1SignatureMissing: ['9002-00000004', 'V1 in the URL without Signature'],
    v4Expired: ['9002-00000007', 'V4 in the URL, x-oss-expires has passed'],
  }),
  ...of('InvalidArgument', {
    v1HeaderForm: ['0002-00000062', 'Authorization of V1 is not `OSS id:signature`'],
    v1KeyIdMalformed: ['0002-00000064', 'Authorization of V1, malformed key id'],
    v1KeyIdInvalid: ['0002-00000073', 'V1 in the URL, OSSAccessKeyId is empty or malformed'],
    v4CredentialMissing: ['0002-00000205', 'Authorization of V4 without Credential'],
    v4KeyIdMalformed: ['0002-00000206', 'V4, malformed key id'],
    v4AdditionalEmpty: ['0002-00000209', 'V4, the additional headers are no list of names'],
    v4CredentialInvalid: ['0002-00000213', 'V4, the credential has not the form it must have'],
    v4ExpiresMissing: ['0002-00000215', 'V4 in the URL without x-oss-expires'],
    v4DateInvalid: ['0002-00000223', 'V4, a date is none, or credential and x-oss-date differ'],
    v4Region: ['0002-00000226', 'V4, signed for another region'],
    severalSchemes: ['9002-00000001', 'signed in more than one way'],
    authorizationForm: ['9002-00000002', 'Authorization cannot be read'],
    v4ParameterMissing: ['9002-00000005', 'V4 in the URL, a parameter is missing'],
    v4ExpiresInvalid: ['9002-00000006', 'V4 in the URL, x-oss-expires is not 1 to 604800'],
    payloadHash: ['9002-00000008', 'V4, x-oss-content-sha256 is not UNSIGNED-PAYLOAD'],
    doubledParameter: ['9002-00000009', 'a signed query parameter comes twice'],
    unsupportedVersion: ['9002-00000011', 'signed with a version that is not known here'],
  }),
  // Callbacks of uploads (oss-semantics.md 7.5)
  ...of('InvalidArgument', {
    callbackUrl: ['0007-00000004', 'callbackUrl is no http or https address'],
    callbackUrls: ['0007-00000005', 'callbackUrl has more than five addresses'],
    callbackPrivate: ['0007-00000008', 'callbackUrl leads into a private network'],
  }),
  ...of('CallbackFailed', {
    callbackTimeout: ['0007-00000202', 'the receiver took longer than 5 s'],
    callbackNoJson: ['0007-00000205', 'what the receiver answered is no JSON'],
  }),

  // Forms (oss-signature.md 6)
  ...of('InvalidArgument', {
    formPolicyMissing: ['0002-00000702', 'a signed form without policy'],
    formSignatureMissing: ['0002-00000703', 'a signed form without Signature or x-oss-signature'],
    formSignatureEmpty: ['0002-00000704', 'a signed form, the signature is empty'],
    formKeyIdMissing: ['0002-00000706', 'a signed form without OSSAccessKeyId'],
    formKeyIdInvalid: ['0002-00000707', 'a signed form, OSSAccessKeyId is empty or malformed'],
    formCredentialKeyId: ['0002-00000708', 'a form signed with V4, malformed key id'],
    formCredential: ['0002-00000710', 'a form signed with V4, x-oss-credential is none'],
  }),
  ...of('InvalidRequest', {
    tokenPlace: ['9002-00000010', 'signed in the URL, the security token in a header'],
  }),

  // Documents of buckets (oss-semantics.md 1.1, 2.1, 8)
  ...of('AccessDenied', {
    requesterPays: ['0003-00000703', 'the requester pays, and has not agreed or not signed'],
  }),
  ...of('InvalidRequest', {
    versioningUnderRetention: ['0012-00000006', 'versioning of a bucket with a retention policy'],
    wormWhileSuspended: ['0027-00000003', 'a retention policy where versioning is suspended'],
    lifecycleMixed: ['0014-00000080', 'a lifecycle rule has days and dates'],
  }),
  ...of('MalformedXML', {
    overwriteWithoutBucket: ['0015-00000231', 'PutBucketOverwriteConfig without a bucket'],
    lifecycleExpirationEmpty: ['0014-00000060', 'Expiration says nothing'],
    lifecycleExpirationDoubled: ['0014-00000061', 'Expiration has days and a date'],
    lifecycleTransitionDoubled: ['0014-00000050', 'Transition has days and a date'],
  }),
  ...of('InvalidArgument', {
    lifecycleSizes: ['0014-00000041', 'a filter of sizes that none can meet'],
    lifecycleDate: ['0014-00000087', 'a date of a lifecycle rule is not a midnight'],
  }),

  // Objects (oss-semantics.md 1.3)
  ...of('MethodNotAllowed', {
    markerNamed: ['0017-00000002', 'the version is a delete marker'],
  }),
  ...of('NoSuchKey', {
    copyOfMarker: ['0016-00000307', 'the version to copy is a delete marker'],
  }),
  ...of('InvalidArgument', {
    metadataTooLarge: ['0011-00000002', 'x-oss-meta-* are larger than 8 KiB together'],
    persistentHeaders: ['9026-00000012', 'x-oss-persistent-headers cannot be taken'],
    metadataCharacters: ['0011-00000005', 'a stored header has a character it may not have'],
  }),
  ...of('BadRequest', {
    tooManyTags: ['9026-00000013', 'an object has 10 tags at most'],
  }),
  ...of('InvalidTag', {
    tagTooLong: ['0010-00000209', 'a key has 128 bytes at most, a value 256'],
  }),
  ...of('OperationNotSupported', {
    sealUnsupported: ['0016-00000513', 'SealAppendObject'],
  }),
  ...of('MalformedXML', {
    malformedDelete: ['0016-00000608', 'the document of DeleteMultipleObjects'],
  }),

  // Uploads in parts
  ...of('InvalidArgument', {
    partNumberMissing: ['0017-00000219', 'a part without partNumber'],
    partNumberInvalid: ['0017-00000220', 'partNumber is not 1 to 10,000'],
    completeAllWithBody: ['0042-00000216', 'x-oss-complete-all, and parts in the body as well'],
  }),
  ...of('MalformedXML', {
    malformedComplete: ['0042-00000205', 'the document of CompleteMultipartUpload'],
  }),
  ...of('NoSuchUpload', {
    noUploadToAbort: ['0042-00000002', 'AbortMultipartUpload'],
    noUploadToCopyInto: ['0042-00000311', 'UploadPartCopy'],
  }),

  // Custom domains (custom-domain.md 5.1 and 6)
  ...of('InvalidArgument', {
    domainTooShort: ['0017-00000249', 'the domain has three characters or fewer'],
    domainInvalid: ['9017-00000249', 'the domain is no host name that can be mapped'],
    certificateIdTooLong: ['0018-00000206', 'CertId has 64 bytes or more'],
    guardFailed: ['0018-00000209', 'PreviousCertId is not what is bound, and no Force'],
    privateKeyWithoutCertificate: ['0018-00000210', 'PrivateKey without Certificate'],
    certificateWithoutPrivateKey: ['9018-00000201', 'Certificate without PrivateKey'],
    certificateUnreadable: ['9018-00000202', 'Certificate is no PEM, or not of certificates'],
    privateKeyUnreadable: ['9018-00000203', 'PrivateKey is no PEM, or not of one private key'],
    privateKeyEncrypted: ['9018-00000204', 'PrivateKey is encrypted'],
    keyMismatch: ['9018-00000205', 'PrivateKey fits no certificate that was sent'],
    notValidNow: ['9018-00000206', 'the certificate has expired or is not valid yet'],
    domainNotCovered: ['9018-00000207', 'the certificate does not name the domain'],
    keyUnsupported: ['9018-00000208', 'the key is too short, too long or of another kind'],
    signatureUnsupported: ['9018-00000209', 'the certificate is signed with MD5 or SHA-1'],
    otherCertificateThanId: ['9018-00000210', 'CertId and Certificate are two certificates'],
    tooLarge: ['9018-00000211', 'a PEM text or a chain is too long'],
  }),
} as const;

export type RefinementName = keyof typeof refinements;
