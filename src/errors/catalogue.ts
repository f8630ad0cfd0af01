/**
 * Every error code the server can answer: status, second-level code, message. No other place knows
 * a status. Codes are never reused for another meaning. Causes with an EC of their own stand in
 * refinements.ts; docs/errors.md is printed from both.
 *
 * EC numbers are the published ones; numbers that begin with 9 are ours, where none is known
 * (custom-domain.md 6.3), in the same area as OSS's own: 9002 authentication, 9003 rights,
 * 9006 forms, 9015 buckets, 9016 documents, 9017 request parsing, 9018 custom domains,
 * 9026 objects, 9042 uploads in parts, 9099 the server itself.
 */
import { objectRows } from './object-rows.ts';

export interface CatalogueRow {
  readonly status: number;
  readonly ec: string;
  readonly message: string;
}

const rows = {
  // Authentication (oss-signature.md 7)
  AccessDenied: { status: 403, ec: '0003-00000001', message: 'AccessDenied' },
  InvalidAccessKeyId: {
    status: 403,
    ec: '0002-00000902',
    message: 'The OSS Access Key Id you provided does not exist in our records.',
  },
  InvalidSecurityToken: {
    status: 403,
    ec: '0002-00000006',
    message: 'The security token you provided is invalid.',
  },
  AccessKeyIdAndSecurityTokenNotMatch: {
    status: 403,
    ec: '0002-00000004',
    message: 'The OSS access key id and security token you provided does not match',
  },
  SecurityTokenExpired: {
    status: 403,
    ec: '0002-00000007',
    message: 'The security token you provided has expired.',
  },
  RequestTimeTooSkewed: {
    status: 403,
    ec: '0002-00000504',
    message: 'The difference between the request time and the current time is too large.',
  },
  SignatureDoesNotMatch: {
    status: 403,
    ec: '0002-00000040',
    message:
      'The request signature we calculated does not match the signature you provided. Check your key and signing method.',
  },

  // Parsing and limits
  BadHost: {
    status: 400,
    ec: '9017-00000001',
    message: 'The Host header of the request is missing, doubled or not a host name.',
  },
  EntityTooSmall: {
    status: 400,
    ec: '9017-00000017',
    message: 'Your proposed upload smaller than the minimum allowed size.',
  },
  EntityTooLarge: {
    status: 400,
    ec: '9017-00000002',
    message: 'Your proposed upload exceeds the maximum allowed size.',
  },
  InlineDataTooLarge: {
    status: 400,
    ec: '9016-00000010',
    message: 'Inline data exceeds the maximum allowed size.',
  },
  InvalidArgument: { status: 400, ec: '9017-00000003', message: 'Invalid Argument.' },
  InvalidDigest: {
    status: 400,
    ec: '9017-00000004',
    message: 'The Content-MD5 you specified did not match what we received.',
  },
  InvalidRequest: { status: 400, ec: '9017-00000005', message: 'Invalid Request.' },
  InvalidURI: { status: 400, ec: '9017-00000006', message: 'The request URI could not be parsed.' },
  MalformedRequest: {
    status: 400,
    ec: '9017-00000007',
    message: 'The request is not well-formed HTTP.',
  },
  MalformedXML: {
    status: 400,
    ec: '9016-00000001',
    message:
      'The XML you provided was not well-formed or did not validate against our published schema.',
  },
  InvalidPolicyDocument: {
    status: 400,
    ec: '9016-00000002',
    message: 'The policy document you provided is not valid.',
  },
  MethodNotAllowed: {
    status: 405,
    ec: '9017-00000008',
    message: 'The specified method is not allowed against this resource.',
  },
  MissingContentLength: {
    status: 411,
    ec: '9017-00000010',
    message: 'You must provide the Content-Length HTTP header.',
  },
  NotImplemented: {
    status: 400,
    ec: '9017-00000011',
    message: 'A header you provided implies functionality that is not implemented.',
  },
  RequestHeaderSectionTooLarge: {
    status: 431,
    ec: '9017-00000012',
    message: 'The headers of the request are larger than 16 KiB or more than 100.',
  },
  RequestTimeout: {
    status: 400,
    ec: '9017-00000013',
    message:
      'Your socket connection to the server was not read from or written to within the timeout period. Idle connections will be closed.',
  },
  UriTooLong: {
    status: 414,
    ec: '9017-00000014',
    message: 'The request target is longer than 8 KiB.',
  },
  ExpectationFailed: {
    status: 417,
    ec: '9017-00000015',
    message: 'The only expectation this server meets is 100-continue.',
  },
  MisdirectedRequest: {
    status: 421,
    ec: '9017-00000016',
    message:
      'This connection was opened for another host name. Open a new connection for this Host.',
  },

  // Forms and callbacks of uploads (oss-object-api.md PostObject, oss-semantics.md 7.5)
  CallbackFailed: { status: 203, ec: '0007-00000203', message: 'Error status : -1.' },
  FieldItemTooLong: {
    status: 400,
    ec: '9006-00000001',
    message: 'Your name of form field is too long.',
  },
  IncorrectNumberOfFilesInPOSTRequest: {
    status: 400,
    ec: '9006-00000002',
    message: 'POST requires exactly one file upload per request.',
  },
  MalformedPOSTRequest: {
    status: 400,
    ec: '0006-00000103',
    message: 'The body of your POST request is not well-formed multipart/form-data.',
  },
  RequestIsNotMultiPartContent: {
    status: 400,
    ec: '9006-00000003',
    message: 'Bucket POST must be of the enclosure-type multipart/form-data.',
  },

  // Routing rules that mirror (oss-semantics.md 4.3)
  MirrorFailed: {
    status: 424,
    ec: '0041-00000101',
    message: 'Mirroring failed, please check your mirror configuration.',
  },

  // Buckets
  BucketAlreadyExists: {
    status: 409,
    ec: '0015-00000104',
    message:
      'The requested bucket name is not available. The bucket namespace is shared by all users of the system. Please select a different name and try again.',
  },
  BucketNotEmpty: {
    status: 409,
    ec: '0015-00000301',
    message: 'The bucket has objects. Please delete them first.',
  },
  InvalidBucketName: {
    status: 400,
    ec: '9015-00000001',
    message: 'The specified bucket is not valid.',
  },
  InvalidHostPutBucket: {
    status: 400,
    ec: '9015-00000002',
    message: 'Your host is invalid. Please put bucket use Open Storage Service standard host.',
  },
  NoSuchBucket: {
    status: 404,
    ec: '0015-00000101',
    message: 'The specified bucket does not exist.',
  },
  AccessForbidden: {
    status: 403,
    ec: '9003-00000001',
    message: 'CORSResponse: CORS is not enabled for this bucket.',
  },
  BadRequest: {
    status: 400,
    ec: '9015-00000005',
    message: 'Insufficient information. Origin request header needed.',
  },
  NoSuchBucketPolicy: {
    status: 404,
    ec: '9015-00000006',
    message: 'The specified bucket policy does not exist.',
  },
  NoSuchCORSConfiguration: {
    status: 404,
    ec: '9015-00000007',
    message: 'The CORS Configuration does not exist.',
  },
  NoSuchInventory: {
    status: 404,
    ec: '9015-00000008',
    message: 'No Row found in Inventory Table.',
  },
  NoSuchLifecycle: {
    status: 404,
    ec: '9015-00000009',
    message: 'No Row found in Lifecycle Table.',
  },
  NoSuchReplicationConfiguration: {
    status: 404,
    ec: '9015-00000010',
    message: 'The bucket you specified does not have replication configuration.',
  },
  NoSuchServerSideEncryptionRule: {
    status: 404,
    ec: '9015-00000011',
    message: 'The server side encryption configuration was not found.',
  },
  NoSuchStyle: { status: 404, ec: '9015-00000012', message: 'No Such Image Style.' },
  NoSuchTransferAccelerationConfiguration: {
    status: 404,
    ec: '9015-00000013',
    message: 'The bucket you specified does not have transfer acceleration configuration.',
  },
  NoSuchWORMConfiguration: {
    status: 404,
    ec: '9015-00000014',
    message: 'The WORM Configuration does not exist.',
  },
  NoSuchWebsiteConfiguration: {
    status: 404,
    ec: '9015-00000003',
    message: 'The specified bucket does not have a website configuration.',
  },
  AccessMonitorDisableNotAllowed: {
    status: 400,
    ec: '9015-00000030',
    message:
      'Access tracking cannot be disabled while a lifecycle rule goes by the last access time.',
  },
  BucketCallbackPolicyNotExist: {
    status: 404,
    ec: '9015-00000015',
    message: 'The bucket callback policy does not exist.',
  },
  InvalidEncryptionAlgorithmError: {
    status: 400,
    ec: '9015-00000016',
    message: 'The Encryption request you specified is not valid. Supported value: AES256/SM4/KMS.',
  },
  InvalidTaggingKey: {
    status: 400,
    ec: '9015-00000017',
    message: 'The tagging key you provided is invalid.',
  },
  InvalidTargetBucketForLogging: {
    status: 403,
    ec: '9015-00000018',
    message: 'put bucket log requester is not target bucket owner.',
  },
  InvalidWORMConfiguration: {
    status: 400,
    ec: '9015-00000019',
    message: 'Invalid WORM Configuration.',
  },
  InventoryConfigurationAlreadyExists: {
    status: 409,
    ec: '9015-00000020',
    message: 'The Inventory Configuration already exists.',
  },
  NoSuchBucketDataRedundancyTransition: {
    status: 404,
    ec: '9015-00000021',
    message: 'The data redundancy transition task does not exist.',
  },
  NoSuchBucketOverwriteConfig: {
    status: 404,
    ec: '9015-00000022',
    message: 'The bucket you specified does not have an overwrite configuration.',
  },
  NoSuchBucketQosInfo: {
    status: 404,
    ec: '9015-00000023',
    message: 'The bucket you specified does not have such a qos configuration.',
  },
  NoSuchRegion: {
    status: 404,
    ec: '9015-00000024',
    message: 'The specified region does not exist.',
  },
  NoSuchResourcePool: {
    status: 404,
    ec: '9015-00000029',
    message: 'The specified resource pool does not exist.',
  },
  NoSuchUserDefinedLogFieldsConfig: {
    status: 404,
    ec: '9015-00000025',
    message: 'The bucket you specified does not have user-defined log fields.',
  },
  RepeatedTags: {
    status: 400,
    ec: '9015-00000026',
    message: 'Tag keys must be unique.',
  },
  ResourceGroupIdPreCheckError: {
    status: 400,
    ec: '0039-00000003',
    message: 'The resource group id precheck error',
  },
  WORMConfigurationAlreadyExists: {
    status: 409,
    ec: '9015-00000027',
    message: 'The WORM Configuration already exists.',
  },
  WORMConfigurationLocked: {
    status: 403,
    ec: '9015-00000028',
    message: 'The WORM Configuration is locked.',
  },
  TooManyBuckets: {
    status: 400,
    ec: '9015-00000004',
    message: 'You have attempted to create more buckets than allowed.',
  },

  // Objects
  ...objectRows,
  FileAlreadyExists: {
    status: 409,
    ec: '0026-00000024',
    message: 'The object you specified already exists and can not be overwritten.',
  },
  InvalidObjectName: {
    status: 400,
    ec: '9026-00000001',
    message: 'The specified object is not valid.',
  },
  InvalidRange: {
    status: 416,
    ec: '9026-00000002',
    message: 'The requested range cannot be satisfied',
  },
  FileImmutable: {
    status: 409,
    ec: '9026-00000007',
    message: 'The object you specified is immutable.',
  },
  NoSuchKey: { status: 404, ec: '0026-00000001', message: 'The specified key does not exist.' },
  NoSuchVersion: {
    status: 404,
    ec: '9026-00000005',
    message: 'The specified version does not exist.',
  },
  OperationNotSupported: {
    status: 400,
    ec: '0016-00000702',
    message: 'The operation is not supported for this resource',
  },
  NotModified: { status: 304, ec: '9026-00000003', message: 'The object was not modified.' },
  PreconditionFailed: {
    status: 412,
    ec: '9026-00000004',
    message: 'At least one of the pre-conditions you specified did not hold.',
  },

  // Custom domains (custom-domain.md 6)
  CertificateInvalidCasId: {
    status: 400,
    ec: '0018-00000204',
    message: 'The CAS ID is invalid: not exist or not belong to the owner of the bucket',
  },
  CnameAlreadyExists: {
    status: 409,
    ec: '9018-00000101',
    message: 'The cname is already attached to another bucket.',
  },
  CnameDenied: {
    status: 403,
    ec: '9018-00000102',
    message: 'The cname belongs to another user.',
  },
  CnameIsForbidden: {
    status: 403,
    ec: '0018-00000401',
    message: 'The domain name is reserved on this server and cannot be mapped.',
  },
  CnameIsRisk: {
    status: 403,
    ec: '9018-00000103',
    message: 'The domain name is on a risk list of this server and cannot be mapped.',
  },
  CnameTokenNotFound: {
    status: 404,
    ec: '0018-00000301',
    message: 'Cname token not found.',
  },
  NeedVerifyDomainOwnership: {
    status: 403,
    ec: '0018-00000115',
    message: 'Please verify domain ownership by CreateCnameToken and try again.',
  },
  NoNeedCreateCnameToken: {
    status: 403,
    ec: '0018-00000302',
    message: 'The domain is mapped to this bucket already; no token is needed.',
  },
  NoSuchCname: {
    status: 404,
    ec: '9018-00000104',
    message: 'The domain is not mapped to this bucket.',
  },
  NoSuchCnameInRecord: {
    status: 404,
    ec: '9018-00000105',
    message: 'No such cname be found in record',
  },
  TooManyCname: {
    status: 400,
    ec: '9018-00000106',
    message: 'You have attempted to map more domains to the bucket than allowed.',
  },
  TooManyCnameToken: {
    status: 400,
    ec: '9018-00000107',
    message: 'You have attempted to create more cname token than allowed.',
  },

  // The server itself
  InsufficientStorage: {
    status: 507,
    ec: '9099-00000001',
    message: 'The server has no room left for this upload. Reads and deletes go on working.',
  },
  InternalError: {
    status: 500,
    ec: '9099-00000002',
    message:
      'We encountered an internal error. Please contact the server administrator, with the request id.',
  },
  ServiceUnavailable: {
    status: 503,
    ec: '9099-00000003',
    message: 'The server cannot answer this request at the moment. Please retry.',
  },
} as const satisfies Record<string, CatalogueRow>;

export type ErrorCode = keyof typeof rows;

export const catalogue: Readonly<Record<ErrorCode, CatalogueRow>> = rows;
