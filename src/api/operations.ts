/**
 * THE table: every operation of the public API reference, in its order and under its names, also
 * those this server does not have yet. Rows are disjoint (a tidy test holds it): order means
 * nothing. docs/operations.md is printed from here.
 */

import { deleteBucket } from './bucket/delete-bucket.ts';
import { deleteBucketPolicy } from './bucket/delete-bucket-policy.ts';
import { deleteBucketWebsite } from './bucket/delete-bucket-website.ts';
import { getBucketAcl } from './bucket/get-bucket-acl.ts';
import { getBucketInfo } from './bucket/get-bucket-info.ts';
import { getBucketLocation } from './bucket/get-bucket-location.ts';
import { getBucketPolicy } from './bucket/get-bucket-policy.ts';
import { getBucketPolicyStatus } from './bucket/get-bucket-policy-status.ts';
import { getBucketStat } from './bucket/get-bucket-stat.ts';
import { getBucketWebsite } from './bucket/get-bucket-website.ts';
import { listLiveChannel } from './bucket/list-live-channel.ts';
import { listMultipartUploads } from './bucket/list-multipart-uploads.ts';
import { listObjectVersions } from './bucket/list-object-versions.ts';
import { listObjects } from './bucket/list-objects.ts';
import { listObjectsV2 } from './bucket/list-objects-v2.ts';
import { putBucket } from './bucket/put-bucket.ts';
import { putBucketAcl } from './bucket/put-bucket-acl.ts';
import { putBucketPolicy } from './bucket/put-bucket-policy.ts';
import { putBucketWebsite } from './bucket/put-bucket-website.ts';
import { createCnameToken } from './cname/create-cname-token.ts';
import { deleteCname } from './cname/delete-cname.ts';
import { getCnameToken } from './cname/get-cname-token.ts';
import { listCname } from './cname/list-cname.ts';
import { putCname } from './cname/put-cname.ts';
import { copyObject } from './object/copy-object.ts';
import { deleteMultipleObjects } from './object/delete-multiple-objects.ts';
import { deleteObject } from './object/delete-object.ts';
import { getObject } from './object/get-object.ts';
import { getObjectAcl } from './object/get-object-acl.ts';
import { getObjectMeta } from './object/get-object-meta.ts';
import { headObject } from './object/head-object.ts';
import { optionObject } from './object/option-object.ts';
import { putObject } from './object/put-object.ts';
import { putObjectAcl } from './object/put-object-acl.ts';
import { serveWebsiteRoot } from './object/website-root.ts';
import { absent, documentBytesMax, later, row } from './rows.ts';
import { listBuckets } from './service/list-buckets.ts';
import type { Operation } from './types.ts';

const flag = 'flag';
const none = 'absent';
const document = { documentBytesMax };

/** DESIGN ruling 17: 64 KiB, and 256 KiB where a certificate may come along. */
const cnameDocument = { documentBytesMax: 64 * 1024 };
const certificateDocument = { documentBytesMax: 256 * 1024 };
/** DESIGN ruling 17 and oss-object-api.md: at most 1,000 keys in 2 MiB. */
const deleteDocument = { documentBytesMax: 2 * 1024 * 1024, action: 'oss:DeleteObject' };

/** Somewhat more than a policy may have, so that the refusal can say how much that is. */
const policyText = { documentBytesMax: 64 * 1024 };

const service: Operation[] = [
  row('ListBuckets', 'service', 'GET', {}, 'account', listBuckets),
  later('DescribeRegions', 'service', 'GET', { regions: flag }),
  later('ListUserDataRedundancyTransition', 'service', 'GET', { redundancyTransition: flag }),
  later('ListCloudBoxes', 'service', 'GET', { cloudboxes: flag }),
  later('ListAccessPoints', 'service', 'GET', { accessPoint: flag }),
  later('ListAccessPointsForObjectProcess', 'service', 'GET', {
    accessPointForObjectProcess: flag,
  }),
  later('PutPublicAccessBlock', 'service', 'PUT', { publicAccessBlock: flag }),
  later('GetPublicAccessBlock', 'service', 'GET', { publicAccessBlock: flag }),
  later('DeletePublicAccessBlock', 'service', 'DELETE', { publicAccessBlock: flag }),
  later('ListResourcePools', 'service', 'GET', { resourcePool: flag }),
];

const bucketBasics: Operation[] = [
  row('PutBucket', 'bucket', 'PUT', {}, 'account', putBucket, {
    ...document,
    mayCreateBucket: true,
  }),
  row('DeleteBucket', 'bucket', 'DELETE', {}, 'owner', deleteBucket),
  row('ListObjects', 'bucket', 'GET', { 'list-type': { not: '2' } }, 'owner', listObjects, {
    anonymousAct: serveWebsiteRoot,
  }),
  row('ListObjectsV2', 'bucket', 'GET', { 'list-type': { is: '2' } }, 'owner', listObjectsV2, {
    action: 'oss:ListObjects',
  }),
  // No operation of the reference: the index document of a website, asked for with HEAD.
  row('HeadWebsiteRoot', 'bucket', 'HEAD', {}, 'anyone', serveWebsiteRoot, {
    action: 'oss:GetObject',
  }),
  row('GetBucketInfo', 'bucket', 'GET', { bucketInfo: flag }, 'owner', getBucketInfo),
  row('GetBucketLocation', 'bucket', 'GET', { location: flag }, 'owner', getBucketLocation),
  row('GetBucketStat', 'bucket', 'GET', { stat: flag }, 'owner', getBucketStat),
  row('PutBucketAcl', 'bucket', 'PUT', { acl: flag }, 'owner', putBucketAcl, {
    mayCreateBucket: true,
  }),
  row('GetBucketAcl', 'bucket', 'GET', { acl: flag }, 'owner', getBucketAcl),
  later('PutBucketVersioning', 'bucket', 'PUT', { versioning: flag }),
  later('GetBucketVersioning', 'bucket', 'GET', { versioning: flag }),
  row('ListObjectVersions', 'bucket', 'GET', { versions: flag }, 'owner', listObjectVersions),
];

const bucketRules: Operation[] = [
  later('PutBucketReplication', 'bucket', 'POST', { replication: flag, comp: { is: 'add' } }),
  later('PutBucketRTC', 'bucket', 'PUT', { rtc: flag }),
  absent('GetBucketReplication', 'bucket', { replication: flag }, 'NoSuchReplicationConfiguration'),
  later('GetBucketReplicationLocation', 'bucket', 'GET', { replicationLocation: flag }),
  later('GetBucketReplicationProgress', 'bucket', 'GET', { replicationProgress: flag }),
  later('DeleteBucketReplication', 'bucket', 'POST', {
    replication: flag,
    comp: { is: 'delete' },
  }),
  row('PutBucketPolicy', 'bucket', 'PUT', { policy: flag }, 'owner', putBucketPolicy, policyText),
  row('GetBucketPolicy', 'bucket', 'GET', { policy: flag }, 'owner', getBucketPolicy),
  row(
    'GetBucketPolicyStatus',
    'bucket',
    'GET',
    { policyStatus: flag },
    'owner',
    getBucketPolicyStatus,
  ),
  row('DeleteBucketPolicy', 'bucket', 'DELETE', { policy: flag }, 'owner', deleteBucketPolicy),
  later('PutBucketPublicAccessBlock', 'bucket', 'PUT', { publicAccessBlock: flag }),
  later('GetBucketPublicAccessBlock', 'bucket', 'GET', { publicAccessBlock: flag }),
  later('DeleteBucketPublicAccessBlock', 'bucket', 'DELETE', { publicAccessBlock: flag }),
  later('PutBucketLifecycle', 'bucket', 'PUT', { lifecycle: flag }),
  absent('GetBucketLifecycle', 'bucket', { lifecycle: flag }, 'NoSuchLifecycle'),
  later('DeleteBucketLifecycle', 'bucket', 'DELETE', { lifecycle: flag }),
  later('PutBucketTransferAcceleration', 'bucket', 'PUT', { transferAcceleration: flag }),
  absent(
    'GetBucketTransferAcceleration',
    'bucket',
    { transferAcceleration: flag },
    'NoSuchTransferAccelerationConfiguration',
  ),
  later('PutBucketLogging', 'bucket', 'PUT', { logging: flag }),
  later('GetBucketLogging', 'bucket', 'GET', { logging: flag }),
  later('DeleteBucketLogging', 'bucket', 'DELETE', { logging: flag }),
  later('PutUserDefinedLogFieldsConfig', 'bucket', 'PUT', { userDefinedLogFieldsConfig: flag }),
  later('GetUserDefinedLogFieldsConfig', 'bucket', 'GET', { userDefinedLogFieldsConfig: flag }),
  later('DeleteUserDefinedLogFieldsConfig', 'bucket', 'DELETE', {
    userDefinedLogFieldsConfig: flag,
  }),
  row('PutBucketWebsite', 'bucket', 'PUT', { website: flag }, 'owner', putBucketWebsite, document),
  row('GetBucketWebsite', 'bucket', 'GET', { website: flag }, 'owner', getBucketWebsite),
  row('DeleteBucketWebsite', 'bucket', 'DELETE', { website: flag }, 'owner', deleteBucketWebsite),
  later('PutBucketReferer', 'bucket', 'PUT', { referer: flag }),
  later('GetBucketReferer', 'bucket', 'GET', { referer: flag }),
  later('PutBucketTags', 'bucket', 'PUT', { tagging: flag }),
  later('GetBucketTags', 'bucket', 'GET', { tagging: flag }),
  later('DeleteBucketTags', 'bucket', 'DELETE', { tagging: flag }),
  later('PutBucketEncryption', 'bucket', 'PUT', { encryption: flag }),
  absent('GetBucketEncryption', 'bucket', { encryption: flag }, 'NoSuchServerSideEncryptionRule'),
  later('DeleteBucketEncryption', 'bucket', 'DELETE', { encryption: flag }),
  later('PutBucketRequestPayment', 'bucket', 'PUT', { requestPayment: flag }),
  later('GetBucketRequestPayment', 'bucket', 'GET', { requestPayment: flag }),
  later('PutBucketCors', 'bucket', 'PUT', { cors: flag }),
  absent('GetBucketCors', 'bucket', { cors: flag }, 'NoSuchCORSConfiguration'),
  later('DeleteBucketCors', 'bucket', 'DELETE', { cors: flag }),
  row('OptionObject', 'bucket', 'OPTIONS', {}, 'anyone', optionObject),
  later('PutBucketAccessMonitor', 'bucket', 'PUT', { accessmonitor: flag }),
  later('GetBucketAccessMonitor', 'bucket', 'GET', { accessmonitor: flag }),
];

const bucketExtras: Operation[] = [
  later('InitiateBucketWorm', 'bucket', 'POST', { worm: flag }),
  later('AbortBucketWorm', 'bucket', 'DELETE', { worm: flag }),
  later('CompleteBucketWorm', 'bucket', 'POST', { wormId: flag, wormExtend: none }),
  later('ExtendBucketWorm', 'bucket', 'POST', { wormId: flag, wormExtend: flag }),
  absent('GetBucketWorm', 'bucket', { worm: flag }, 'NoSuchWORMConfiguration'),
  later('PutBucketInventory', 'bucket', 'PUT', { inventory: flag }),
  absent('GetBucketInventory', 'bucket', { inventory: flag }, 'NoSuchInventory'),
  later('DeleteBucketInventory', 'bucket', 'DELETE', { inventory: flag }),
  later('OpenMetaQuery', 'bucket', 'POST', { metaQuery: flag, comp: { is: 'add' } }),
  later('GetMetaQueryStatus', 'bucket', 'GET', { metaQuery: flag }),
  later('DoMetaQuery', 'bucket', 'POST', { metaQuery: flag, comp: { is: 'query' } }),
  later('CloseMetaQuery', 'bucket', 'POST', { metaQuery: flag, comp: { is: 'delete' } }),
  later('PutBucketResourceGroup', 'bucket', 'PUT', { resourceGroup: flag }),
  later('GetBucketResourceGroup', 'bucket', 'GET', { resourceGroup: flag }),
  later('PutStyle', 'bucket', 'PUT', { style: flag }),
  absent('GetStyle', 'bucket', { style: flag }, 'NoSuchStyle'),
  later('DeleteStyle', 'bucket', 'DELETE', { style: flag }),
  later('PutBucketArchiveDirectRead', 'bucket', 'PUT', { bucketArchiveDirectRead: flag }),
  later('GetBucketArchiveDirectRead', 'bucket', 'GET', { bucketArchiveDirectRead: flag }),
  later('PutBucketHttpsConfig', 'bucket', 'PUT', { httpsConfig: flag }),
  later('GetBucketHttpsConfig', 'bucket', 'GET', { httpsConfig: flag }),
  later('CreateBucketDataRedundancyTransition', 'bucket', 'POST', { redundancyTransition: flag }),
  later('GetBucketDataRedundancyTransition', 'bucket', 'GET', { redundancyTransition: flag }),
  later('DeleteBucketDataRedundancyTransition', 'bucket', 'DELETE', {
    redundancyTransition: flag,
  }),
  later('CreateAccessPoint', 'bucket', 'PUT', { accessPoint: flag }),
  later('GetAccessPoint', 'bucket', 'GET', { accessPoint: flag }),
  later('DeleteAccessPoint', 'bucket', 'DELETE', { accessPoint: flag }),
  later('PutAccessPointPolicy', 'bucket', 'PUT', { accessPointPolicy: flag }),
  later('GetAccessPointPolicy', 'bucket', 'GET', { accessPointPolicy: flag }),
  later('DeleteAccessPointPolicy', 'bucket', 'DELETE', { accessPointPolicy: flag }),
  later('PutBucketOverwriteConfig', 'bucket', 'PUT', { overwriteConfig: flag }),
  later('GetBucketOverwriteConfig', 'bucket', 'GET', { overwriteConfig: flag }),
  later('DeleteBucketOverwriteConfig', 'bucket', 'DELETE', { overwriteConfig: flag }),
  later('PutBucketQosInfo', 'bucket', 'PUT', { qosInfo: flag }),
  later('GetBucketQosInfo', 'bucket', 'GET', { qosInfo: flag }),
];

const customDomains: Operation[] = [
  row(
    'CreateCnameToken',
    'bucket',
    'POST',
    { cname: flag, comp: { is: 'token' } },
    'owner',
    createCnameToken,
    cnameDocument,
  ),
  row(
    'GetCnameToken',
    'bucket',
    'GET',
    { comp: { is: 'token' }, cname: flag },
    'owner',
    getCnameToken,
  ),
  row(
    'PutCname',
    'bucket',
    'POST',
    { cname: flag, comp: { is: 'add' } },
    'owner',
    putCname,
    certificateDocument,
  ),
  row('ListCname', 'bucket', 'GET', { cname: flag, comp: none }, 'owner', listCname),
  row(
    'DeleteCname',
    'bucket',
    'POST',
    { cname: flag, comp: { is: 'delete' } },
    'owner',
    deleteCname,
    cnameDocument,
  ),
];

const objectBasics: Operation[] = [
  row('PutObject', 'object', 'PUT', {}, 'object-write', putObject, { copySource: false }),
  row('CopyObject', 'object', 'PUT', {}, 'object-write', copyObject, {
    copySource: true,
    action: 'oss:PutObject',
  }),
  row('GetObject', 'object', 'GET', {}, 'object-read', getObject),
  row('HeadObject', 'object', 'HEAD', {}, 'object-read', headObject, { action: 'oss:GetObject' }),
  row('GetObjectMeta', 'object', 'HEAD', { objectMeta: flag }, 'object-read', getObjectMeta, {
    action: 'oss:GetObject',
  }),
  row('GetObjectMeta', 'object', 'GET', { objectMeta: flag }, 'object-read', getObjectMeta, {
    action: 'oss:GetObject',
  }),
  row('DeleteObject', 'object', 'DELETE', {}, 'object-write', deleteObject),
  row(
    'DeleteMultipleObjects',
    'bucket',
    'POST',
    { delete: flag },
    'object-write',
    deleteMultipleObjects,
    deleteDocument,
  ),
  row('PutObjectACL', 'object', 'PUT', { acl: flag }, 'owner', putObjectAcl, {
    action: 'oss:PutObjectAcl',
  }),
  row('GetObjectACL', 'object', 'GET', { acl: flag }, 'owner', getObjectAcl, {
    action: 'oss:GetObjectAcl',
  }),
  row('OptionObject', 'object', 'OPTIONS', {}, 'anyone', optionObject),
  // Signed in its body, if at all: nobody can be told from anybody before that is read.
  later('PostObject', 'bucket', 'POST', {}, { action: 'oss:PutObject', access: 'anyone' }),
  later('AppendObject', 'object', 'POST', { append: flag }, { action: 'oss:PutObject' }),
  later('SealAppendObject', 'object', 'POST', { seal: flag }),
  later('RestoreObject', 'object', 'POST', { restore: flag }),
  later('CleanRestoredObject', 'object', 'POST', { cleanRestoredObject: flag }),
  later('SelectObject', 'object', 'POST', { 'x-oss-process': flag }, { action: 'oss:GetObject' }),
  later('PutSymlink', 'object', 'PUT', { symlink: flag }, { action: 'oss:PutObject' }),
  later('GetSymlink', 'object', 'GET', { symlink: flag }, { action: 'oss:GetObject' }),
  later('PutObjectTagging', 'object', 'PUT', { tagging: flag }),
  later('GetObjectTagging', 'object', 'GET', { tagging: flag }),
  later('DeleteObjectTagging', 'object', 'DELETE', { tagging: flag }),
  later('PutObjectRetention', 'object', 'PUT', { retention: flag }),
  later('GetObjectRetention', 'object', 'GET', { retention: flag }),
  later('PutObjectLegalHold', 'object', 'PUT', { legalHold: flag }),
  later('GetObjectLegalHold', 'object', 'GET', { legalHold: flag }),
  later('PostAsyncFetchTask', 'object', 'POST', { asyncFetch: flag }),
  later('GetAsyncFetchTask', 'object', 'GET', { asyncFetch: flag }),
];

const multipart: Operation[] = [
  later('InitiateMultipartUpload', 'object', 'POST', { uploads: flag }),
  later('UploadPart', 'object', 'PUT', { uploadId: flag, partNumber: flag }, { copySource: false }),
  later(
    'UploadPartCopy',
    'object',
    'PUT',
    { uploadId: flag, partNumber: flag },
    { copySource: true },
  ),
  later('CompleteMultipartUpload', 'object', 'POST', { uploadId: flag }),
  later('AbortMultipartUpload', 'object', 'DELETE', { uploadId: flag }),
  row('ListMultipartUploads', 'bucket', 'GET', { uploads: flag }, 'owner', listMultipartUploads),
  later('ListParts', 'object', 'GET', { uploadId: flag }),
];

const liveChannels: Operation[] = [
  later('PutLiveChannel', 'object', 'PUT', { live: flag, status: none }),
  later('PutLiveChannelStatus', 'object', 'PUT', { live: flag, status: flag }),
  later('GetLiveChannelInfo', 'object', 'GET', { live: flag, comp: none }),
  later('GetLiveChannelStat', 'object', 'GET', { live: flag, comp: { is: 'stat' } }),
  later('GetLiveChannelHistory', 'object', 'GET', { live: flag, comp: { is: 'history' } }),
  row('ListLiveChannel', 'bucket', 'GET', { live: flag }, 'owner', listLiveChannel),
  later('DeleteLiveChannel', 'object', 'DELETE', { live: flag }),
  later('PostVodPlaylist', 'object', 'POST', { vod: flag }),
  later('GetVodPlaylist', 'object', 'GET', { vod: flag }),
];

export const operations: readonly Operation[] = [
  ...service,
  ...bucketBasics,
  ...bucketRules,
  ...bucketExtras,
  ...customDomains,
  ...objectBasics,
  ...multipart,
  ...liveChannels,
];
