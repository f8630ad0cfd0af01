/**
 * The query parameters that a V1 signature covers (oss-signature.md 3). No public list is complete;
 * this is the union of the documentation and of what each official SDK signs, plus the prefix rule.
 */
const objectNames = [
  ...['acl', 'append', 'position', 'seal', 'delete', 'uploads', 'uploadId', 'partNumber'],
  ...['sequential', 'objectMeta', 'symlink', 'tagging', 'restore', 'cleanRestoredObject'],
  ...['versionId', 'versions', 'versioning', 'callback', 'callback-var', 'asyncFetch'],
  ...['withHashContext', 'objectInfo', 'group', 'link', 'legalHold', 'retention'],
];

const responseNames = [
  ...['response-content-type', 'response-content-language', 'response-expires'],
  ...['response-cache-control', 'response-content-disposition', 'response-content-encoding'],
  'responseHeader',
];

const bucketNames = [
  ...['location', 'bucketInfo', 'stat', 'cors', 'website', 'referer', 'lifecycle', 'logging'],
  ...['userDefinedLogFieldsConfig', 'policy', 'policyStatus', 'publicAccessBlock', 'encryption'],
  ...['httpsConfig', 'requestPayment', 'transferAcceleration', 'resourceGroup', 'inventory'],
  ...['inventoryId', 'continuation-token', 'worm', 'wormId', 'wormExtend', 'objectWorm'],
  ...['overwriteConfig', 'replication', 'replicationLocation', 'replicationProgress', 'rtc'],
  ...['redundancyTransition', 'metaQuery', 'bucketArchiveDirectRead', 'style', 'styleName'],
  ...['img', 'qos', 'qosInfo', 'requesterQosInfo', 'qosRequester', 'resourcePool'],
  ...['resourcePoolInfo', 'resourcePoolBuckets', 'accessPoint', 'accessPointPolicy'],
  ...['accessPointForObjectProcess', 'accessPointPolicyForObjectProcess'],
  'accessPointConfigForObjectProcess',
];

const otherNames = [
  ...['cname', 'comp'],
  ...['live', 'vod', 'status', 'startTime', 'endTime'],
  ...['regionList', 'regions', 'cloudboxes'],
  'security-token',
  ...['udf', 'udfName', 'udfImage', 'udfId', 'udfImageDesc', 'udfApplication'],
  'udfApplicationLog',
];

/** Every named sub-resource, in the order of the specification's table. */
export const subResourceNames: ReadonlySet<string> = new Set([
  ...objectNames,
  ...responseNames,
  ...bucketNames,
  ...otherNames,
]);

/** Whether V1 signs this query parameter; V4 (form B) writes it bare when its value is empty. */
export function isSubResource(name: string): boolean {
  return subResourceNames.has(name) || name.startsWith('x-oss-');
}

/**
 * Signed parameters that the documentation's own, shorter list leaves out AND that change neither
 * the operation nor the resource: a client written by hand after that page does not sign them. The
 * page leaves out others too, but accepting those unsigned would let whoever holds a signed request
 * turn it into another one (`?policy`, `?versionId`), so only these are forgiven.
 */
const lenientNames: ReadonlySet<string> = new Set([
  'continuation-token',
  'sequential',
  'x-oss-traffic-limit',
  'x-oss-request-payer',
]);

/** Whether a V1 request may leave this signed parameter out of its signature (one retry). */
export function isLenientSubResource(name: string): boolean {
  return lenientNames.has(name);
}
