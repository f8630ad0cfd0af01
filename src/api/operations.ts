/**
 * THE table: every operation of the public API reference, in its order and under its names, also
 * those this server does not have yet. Rows are disjoint (a tidy test holds it): order means
 * nothing. docs/operations.md is printed from here.
 */

import { deleteBucket } from './bucket/delete-bucket.ts';
import { deleteBucketCors } from './bucket/delete-bucket-cors.ts';
import { deleteBucketPolicy } from './bucket/delete-bucket-policy.ts';
import { deleteBucketWebsite } from './bucket/delete-bucket-website.ts';
import { getBucketAcl } from './bucket/get-bucket-acl.ts';
import { getBucketCors } from './bucket/get-bucket-cors.ts';
import { getBucketHttpsConfig } from './bucket/get-bucket-https-config.ts';
import { getBucketInfo } from './bucket/get-bucket-info.ts';
import { getBucketLocation } from './bucket/get-bucket-location.ts';
import { getBucketPolicy } from './bucket/get-bucket-policy.ts';
import { getBucketPolicyStatus } from './bucket/get-bucket-policy-status.ts';
import { getBucketReferer } from './bucket/get-bucket-referer.ts';
import { getBucketStat } from './bucket/get-bucket-stat.ts';
import { getBucketVersioning } from './bucket/get-bucket-versioning.ts';
import { getBucketWebsite } from './bucket/get-bucket-website.ts';
import { listLiveChannel } from './bucket/list-live-channel.ts';
import { listMultipartUploads } from './bucket/list-multipart-uploads.ts';
import { listObjectVersions } from './bucket/list-object-versions.ts';
import { listObjects } from './bucket/list-objects.ts';
import { listObjectsV2 } from './bucket/list-objects-v2.ts';
import { putBucket } from './bucket/put-bucket.ts';
import { putBucketAcl } from './bucket/put-bucket-acl.ts';
import { putBucketCors } from './bucket/put-bucket-cors.ts';
import { putBucketHttpsConfig } from './bucket/put-bucket-https-config.ts';
import { putBucketPolicy } from './bucket/put-bucket-policy.ts';
import { putBucketReferer } from './bucket/put-bucket-referer.ts';
import { putBucketVersioning } from './bucket/put-bucket-versioning.ts';
import { putBucketWebsite } from './bucket/put-bucket-website.ts';
import { createCnameToken } from './cname/create-cname-token.ts';
import { deleteCname } from './cname/delete-cname.ts';
import { getCnameToken } from './cname/get-cname-token.ts';
import { listCname } from './cname/list-cname.ts';
import { putCname } from './cname/put-cname.ts';
import { accountConfigurations, bucketConfigurations } from './configuration/operations.ts';
import { abortMultipartUpload } from './object/abort-multipart-upload.ts';
import { appendObject } from './object/append-object.ts';
import { cleanRestoredObject } from './object/clean-restored-object.ts';
import { completeMultipartUpload } from './object/complete-multipart-upload.ts';
import { copyObject } from './object/copy-object.ts';
import { deleteMultipleObjects } from './object/delete-multiple-objects.ts';
import { deleteObject } from './object/delete-object.ts';
import { deleteObjectTagging } from './object/delete-object-tagging.ts';
import { getObject } from './object/get-object.ts';
import { getObjectAcl } from './object/get-object-acl.ts';
import { getObjectMeta } from './object/get-object-meta.ts';
import { getObjectTagging } from './object/get-object-tagging.ts';
import { getSymlink } from './object/get-symlink.ts';
import { headObject } from './object/head-object.ts';
import { initiateMultipartUpload } from './object/initiate-multipart-upload.ts';
import { listParts } from './object/list-parts.ts';
import { optionObject } from './object/option-object.ts';
import { postObject } from './object/post-object.ts';
import { saveProcessed } from './object/process-object.ts';
import { putObject } from './object/put-object.ts';
import { putObjectAcl } from './object/put-object-acl.ts';
import { putObjectTagging } from './object/put-object-tagging.ts';
import { putSymlink } from './object/put-symlink.ts';
import { restoreObject } from './object/restore-object.ts';
import { sealObject } from './object/seal-object.ts';
import { uploadPart } from './object/upload-part.ts';
import { uploadPartCopy } from './object/upload-part-copy.ts';
import { serveWebsiteRoot } from './object/website-root.ts';
import { absent, documentBytesMax, later, row } from './rows.ts';
import {
  listAccessPoints,
  listAccessPointsForObjectProcess,
  listCloudBoxes,
  listResourcePools,
  noResourcePool,
} from './service/cloud-lists.ts';
import { describeRegions } from './service/describe-regions.ts';
import { listBuckets } from './service/list-buckets.ts';
import type { Operation } from './types.ts';

const flag = 'flag';
const none = 'absent';
const document = { documentBytesMax };

/** oss-bucket-api.md. */
const corsDocument = { documentBytesMax: 16 * 1024 };
/** DESIGN ruling 17: 64 KiB, and 256 KiB where a certificate may come along. */
const cnameDocument = { documentBytesMax: 64 * 1024 };
const certificateDocument = { documentBytesMax: 256 * 1024 };
/** DESIGN ruling 17 and oss-object-api.md: at most 1,000 keys in 2 MiB. */
const deleteDocument = { documentBytesMax: 2 * 1024 * 1024, action: 'oss:DeleteObject' };

/** Somewhat more than a policy may have, so that the refusal can say how much that is. */
const policyText = { documentBytesMax: 64 * 1024 };

const service: Operation[] = [
  row('ListBuckets', 'service', 'GET', {}, 'account', listBuckets),
  row('DescribeRegions', 'service', 'GET', { regions: flag }, 'account', describeRegions),
  row('ListCloudBoxes', 'service', 'GET', { cloudboxes: flag }, 'account', listCloudBoxes),
  row('ListAccessPoints', 'service', 'GET', { accessPoint: flag }, 'account', listAccessPoints),
  row(
    'ListAccessPointsForObjectProcess',
    'service',
    'GET',
    { accessPointForObjectProcess: flag },
    'account',
    listAccessPointsForObjectProcess,
  ),
  row('ListResourcePools', 'service', 'GET', { resourcePool: flag }, 'account', listResourcePools),
  ...(
    [
      ['GetResourcePoolInfo', 'GET', { resourcePoolInfo: flag }],
      ['ListResourcePoolBuckets', 'GET', { resourcePoolBuckets: flag }],
      ['PutResourcePoolRequesterQoSInfo', 'PUT', { requesterQosInfo: flag, qosRequester: flag }],
      ['GetResourcePoolRequesterQoSInfo', 'GET', { requesterQosInfo: flag, qosRequester: flag }],
      ['ListResourcePoolRequesterQoSInfos', 'GET', { requesterQosInfo: flag, qosRequester: none }],
      [
        'DeleteResourcePoolRequesterQoSInfo',
        'DELETE',
        { requesterQosInfo: flag, qosRequester: flag },
      ],
    ] as const
  ).map(([name, method, query]) =>
    row(name, 'service', method, { resourcePool: flag, ...query }, 'account', noResourcePool),
  ),
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
  row(
    'PutBucketVersioning',
    'bucket',
    'PUT',
    { versioning: flag },
    'owner',
    putBucketVersioning,
    document,
  ),
  row('GetBucketVersioning', 'bucket', 'GET', { versioning: flag }, 'owner', getBucketVersioning),
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
  row('PutBucketWebsite', 'bucket', 'PUT', { website: flag }, 'owner', putBucketWebsite, document),
  row('GetBucketWebsite', 'bucket', 'GET', { website: flag }, 'owner', getBucketWebsite),
  row('DeleteBucketWebsite', 'bucket', 'DELETE', { website: flag }, 'owner', deleteBucketWebsite),
  row('PutBucketReferer', 'bucket', 'PUT', { referer: flag }, 'owner', putBucketReferer, document),
  row('GetBucketReferer', 'bucket', 'GET', { referer: flag }, 'owner', getBucketReferer),
  row('PutBucketCors', 'bucket', 'PUT', { cors: flag }, 'owner', putBucketCors, corsDocument),
  row('GetBucketCors', 'bucket', 'GET', { cors: flag }, 'owner', getBucketCors),
  row('DeleteBucketCors', 'bucket', 'DELETE', { cors: flag }, 'owner', deleteBucketCors),
  row('OptionObject', 'bucket', 'OPTIONS', {}, 'anyone', optionObject),
];

const bucketExtras: Operation[] = [
  later('OpenMetaQuery', 'bucket', 'POST', { metaQuery: flag, comp: { is: 'add' } }),
  later('GetMetaQueryStatus', 'bucket', 'GET', { metaQuery: flag }),
  later('DoMetaQuery', 'bucket', 'POST', { metaQuery: flag, comp: { is: 'query' } }),
  later('CloseMetaQuery', 'bucket', 'POST', { metaQuery: flag, comp: { is: 'delete' } }),
  later('PutBucketObjectWormConfiguration', 'bucket', 'PUT', { objectWorm: flag }),
  later('GetBucketObjectWormConfiguration', 'bucket', 'GET', { objectWorm: flag }),
  row(
    'PutBucketHttpsConfig',
    'bucket',
    'PUT',
    { httpsConfig: flag },
    'owner',
    putBucketHttpsConfig,
    document,
  ),
  row(
    'GetBucketHttpsConfig',
    'bucket',
    'GET',
    { httpsConfig: flag },
    'owner',
    getBucketHttpsConfig,
  ),
  // Of the bucket: which object is meant, the document of the task says.
  later('PostAsyncFetchTask', 'bucket', 'POST', { asyncFetch: flag }),
  later('GetAsyncFetchTask', 'bucket', 'GET', { asyncFetch: flag }),
  later('CreateAccessPoint', 'bucket', 'PUT', { accessPoint: flag }),
  later('GetAccessPoint', 'bucket', 'GET', { accessPoint: flag }),
  later('DeleteAccessPoint', 'bucket', 'DELETE', { accessPoint: flag }),
  later('PutAccessPointPolicy', 'bucket', 'PUT', { accessPointPolicy: flag }),
  later('GetAccessPointPolicy', 'bucket', 'GET', { accessPointPolicy: flag }),
  later('DeleteAccessPointPolicy', 'bucket', 'DELETE', { accessPointPolicy: flag }),
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
  row('PutObject', 'object', 'PUT', {}, 'object-write', putObject, {
    copySource: false,
    takesCallback: true,
  }),
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
  // Signed in its body, if at all: who may is decided once its form is read.
  row('PostObject', 'bucket', 'POST', {}, 'anyone', postObject, {
    action: 'oss:PutObject',
    isSignedInForm: true,
    takesCallback: true,
  }),
  row('AppendObject', 'object', 'POST', { append: flag }, 'object-write', appendObject),
  row('SealAppendObject', 'object', 'POST', { seal: flag }, 'object-write', sealObject),
  row('RestoreObject', 'object', 'POST', { restore: flag }, 'owner', restoreObject, document),
  row(
    'CleanRestoredObject',
    'object',
    'POST',
    { cleanRestoredObject: flag },
    'owner',
    cleanRestoredObject,
  ),
  row(
    'ProcessObject',
    'object',
    'POST',
    { 'x-oss-process': { is: '' } },
    'object-read',
    saveProcessed,
    {
      action: 'oss:GetObject',
    },
  ),
  later(
    'SelectObject',
    'object',
    'POST',
    { 'x-oss-process': 'given' },
    { action: 'oss:GetObject' },
  ),
  row('PutSymlink', 'object', 'PUT', { symlink: flag }, 'object-write', putSymlink),
  row('GetSymlink', 'object', 'GET', { symlink: flag }, 'object-read', getSymlink),
  row('PutObjectTagging', 'object', 'PUT', { tagging: flag }, 'owner', putObjectTagging, document),
  row('GetObjectTagging', 'object', 'GET', { tagging: flag }, 'owner', getObjectTagging),
  row('DeleteObjectTagging', 'object', 'DELETE', { tagging: flag }, 'owner', deleteObjectTagging),
  later('PutObjectRetention', 'object', 'PUT', { retention: flag }),
  later('GetObjectRetention', 'object', 'GET', { retention: flag }),
  later('PutObjectLegalHold', 'object', 'PUT', { legalHold: flag }),
  later('GetObjectLegalHold', 'object', 'GET', { legalHold: flag }),
];

const partQuery = { uploadId: flag, partNumber: flag } as const;

const multipart: Operation[] = [
  row(
    'InitiateMultipartUpload',
    'object',
    'POST',
    { uploads: flag },
    'object-write',
    initiateMultipartUpload,
  ),
  row('UploadPart', 'object', 'PUT', partQuery, 'object-write', uploadPart, {
    copySource: false,
  }),
  // Says what is missing.
  row(
    'UploadPart',
    'object',
    'PUT',
    { uploadId: flag, partNumber: none },
    'object-write',
    uploadPart,
  ),
  row('UploadPartCopy', 'object', 'PUT', partQuery, 'object-write', uploadPartCopy, {
    copySource: true,
  }),
  row(
    'CompleteMultipartUpload',
    'object',
    'POST',
    { uploadId: flag },
    'object-write',
    completeMultipartUpload,
    { documentBytesMax: 5 * 1024 * 1024, takesCallback: true },
  ),
  row(
    'AbortMultipartUpload',
    'object',
    'DELETE',
    { uploadId: flag },
    'object-write',
    abortMultipartUpload,
  ),
  row('ListMultipartUploads', 'bucket', 'GET', { uploads: flag }, 'owner', listMultipartUploads),
  row('ListParts', 'object', 'GET', { uploadId: flag }, 'object-write', listParts),
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
  ...accountConfigurations,
  ...bucketBasics,
  ...bucketRules,
  ...bucketExtras,
  ...bucketConfigurations,
  ...customDomains,
  ...objectBasics,
  ...multipart,
  ...liveChannels,
];
