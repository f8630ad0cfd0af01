/** The rows of the documents of buckets and accounts, for the table of operations. */

import { getBucketResourceGroup } from '../bucket/get-bucket-resource-group.ts';
import { putBucketResourceGroup } from '../bucket/put-bucket-resource-group.ts';
import { documentBytesMax, row } from '../rows.ts';
import type { Operation } from '../types.ts';
import { callbackPolicy } from './callback-policy.ts';
import { configurationRows } from './configuration.ts';
import { encryption } from './encryption.ts';
import {
  deleteBucketInventory,
  getBucketInventory,
  listBucketInventory,
  putBucketInventory,
} from './inventory.ts';
import { lifecycle } from './lifecycle.ts';
import { bucketLogging, logFields } from './logging.ts';
import { overwriteConfig, putOverwriteConfig } from './overwrite.ts';
import {
  deletePublicAccessBlock,
  getPublicAccessBlock,
  publicAccessBlock,
  putPublicAccessBlock,
} from './public-access-block.ts';
import {
  deleteBucketRequesterQosInfo,
  getBucketRequesterQosInfo,
  getUserQosInfo,
  listBucketRequesterQosInfos,
  putBucketRequesterQosInfo,
  qosInfo,
} from './qos.ts';
import {
  createBucketDataRedundancyTransition,
  deleteBucketDataRedundancyTransition,
  getBucketDataRedundancyTransition,
  listBucketDataRedundancyTransition,
  listUserDataRedundancyTransition,
} from './redundancy.ts';
import { deleteStyle, getStyle, listStyle, putStyle } from './styles.ts';
import {
  accessMonitor,
  archiveDirectRead,
  requestPayment,
  transferAcceleration,
} from './switches.ts';
import { bucketTags, deleteBucketTags } from './tags.ts';
import {
  abortBucketWorm,
  completeBucketWorm,
  extendBucketWorm,
  getBucketWorm,
  initiateBucketWorm,
} from './worm.ts';

const flag = 'flag';
const none = 'absent';
const document = { documentBytesMax };
/** Ours: a bucket keeps a thousand of them in one document. */
const inventoryBytesMax = 16 * 1024;

export const accountConfigurations: readonly Operation[] = [
  row(
    'ListUserDataRedundancyTransition',
    'service',
    'GET',
    { redundancyTransition: flag },
    'account',
    listUserDataRedundancyTransition,
  ),
  row('GetUserQosInfo', 'service', 'GET', { qosInfo: flag }, 'account', getUserQosInfo),
  row(
    'PutPublicAccessBlock',
    'service',
    'PUT',
    { publicAccessBlock: flag },
    'account',
    putPublicAccessBlock,
    document,
  ),
  row(
    'GetPublicAccessBlock',
    'service',
    'GET',
    { publicAccessBlock: flag },
    'account',
    getPublicAccessBlock,
  ),
  row(
    'DeletePublicAccessBlock',
    'service',
    'DELETE',
    { publicAccessBlock: flag },
    'account',
    deletePublicAccessBlock,
  ),
];

export const bucketConfigurations: readonly Operation[] = [
  ...configurationRows(
    'BucketCallbackPolicy',
    { policy: flag, comp: { is: 'callback' } },
    callbackPolicy,
  ),
  ...configurationRows('BucketPublicAccessBlock', { publicAccessBlock: flag }, publicAccessBlock),
  ...configurationRows('BucketLifecycle', { lifecycle: flag }, lifecycle),
  ...configurationRows(
    'BucketTransferAcceleration',
    { transferAcceleration: flag },
    transferAcceleration,
    { verbs: ['Put', 'Get'] },
  ),
  ...configurationRows('BucketLogging', { logging: flag }, bucketLogging),
  ...configurationRows(
    'UserDefinedLogFieldsConfig',
    { userDefinedLogFieldsConfig: flag },
    logFields,
  ),
  ...configurationRows('BucketTags', { tagging: flag }, bucketTags, {
    verbs: ['Put', 'Get'],
    action: 'BucketTagging',
  }),
  row('DeleteBucketTags', 'bucket', 'DELETE', { tagging: flag }, 'owner', deleteBucketTags, {
    action: 'oss:DeleteBucketTagging',
  }),
  ...configurationRows('BucketEncryption', { encryption: flag }, encryption),
  ...configurationRows('BucketRequestPayment', { requestPayment: flag }, requestPayment, {
    verbs: ['Put', 'Get'],
  }),
  ...configurationRows('BucketAccessMonitor', { accessmonitor: flag }, accessMonitor, {
    verbs: ['Put', 'Get'],
  }),
  row(
    'InitiateBucketWorm',
    'bucket',
    'POST',
    { worm: flag },
    'owner',
    initiateBucketWorm,
    document,
  ),
  row('AbortBucketWorm', 'bucket', 'DELETE', { worm: flag }, 'owner', abortBucketWorm),
  row(
    'CompleteBucketWorm',
    'bucket',
    'POST',
    { wormId: flag, wormExtend: none },
    'owner',
    completeBucketWorm,
  ),
  row(
    'ExtendBucketWorm',
    'bucket',
    'POST',
    { wormId: flag, wormExtend: flag },
    'owner',
    extendBucketWorm,
    document,
  ),
  row('GetBucketWorm', 'bucket', 'GET', { worm: flag }, 'owner', getBucketWorm),
  row('PutBucketInventory', 'bucket', 'PUT', { inventory: flag }, 'owner', putBucketInventory, {
    documentBytesMax: inventoryBytesMax,
  }),
  row(
    'GetBucketInventory',
    'bucket',
    'GET',
    { inventory: flag, inventoryId: flag },
    'owner',
    getBucketInventory,
  ),
  row(
    'ListBucketInventory',
    'bucket',
    'GET',
    { inventory: flag, inventoryId: none },
    'owner',
    listBucketInventory,
    { action: 'oss:GetBucketInventory' },
  ),
  row(
    'DeleteBucketInventory',
    'bucket',
    'DELETE',
    { inventory: flag },
    'owner',
    deleteBucketInventory,
  ),
  row(
    'PutBucketResourceGroup',
    'bucket',
    'PUT',
    { resourceGroup: flag },
    'owner',
    putBucketResourceGroup,
    document,
  ),
  row(
    'GetBucketResourceGroup',
    'bucket',
    'GET',
    { resourceGroup: flag },
    'owner',
    getBucketResourceGroup,
  ),
  row('PutStyle', 'bucket', 'PUT', { style: flag }, 'owner', putStyle, document),
  row('GetStyle', 'bucket', 'GET', { style: flag, styleName: flag }, 'owner', getStyle),
  row('ListStyle', 'bucket', 'GET', { style: flag, styleName: none }, 'owner', listStyle),
  row('DeleteStyle', 'bucket', 'DELETE', { style: flag }, 'owner', deleteStyle),
  ...configurationRows(
    'BucketArchiveDirectRead',
    { bucketArchiveDirectRead: flag },
    archiveDirectRead,
    { verbs: ['Put', 'Get'] },
  ),
  row(
    'CreateBucketDataRedundancyTransition',
    'bucket',
    'POST',
    { redundancyTransition: flag },
    'owner',
    createBucketDataRedundancyTransition,
  ),
  row(
    'GetBucketDataRedundancyTransition',
    'bucket',
    'GET',
    { redundancyTransition: flag, 'x-oss-redundancy-transition-taskid': flag },
    'owner',
    getBucketDataRedundancyTransition,
  ),
  row(
    'ListBucketDataRedundancyTransition',
    'bucket',
    'GET',
    { redundancyTransition: flag, 'x-oss-redundancy-transition-taskid': none },
    'owner',
    listBucketDataRedundancyTransition,
  ),
  row(
    'DeleteBucketDataRedundancyTransition',
    'bucket',
    'DELETE',
    { redundancyTransition: flag },
    'owner',
    deleteBucketDataRedundancyTransition,
  ),
  row(
    'PutBucketOverwriteConfig',
    'bucket',
    'PUT',
    { overwriteConfig: flag },
    'owner',
    putOverwriteConfig,
    { ...document, mayCreateBucket: true },
  ),
  ...configurationRows('BucketOverwriteConfig', { overwriteConfig: flag }, overwriteConfig, {
    verbs: ['Get', 'Delete'],
  }),
  ...configurationRows('BucketQosInfo', { qosInfo: flag }, qosInfo, { action: 'BucketQoSInfo' }),
  row(
    'PutBucketRequesterQosInfo',
    'bucket',
    'PUT',
    { requesterQosInfo: flag },
    'owner',
    putBucketRequesterQosInfo,
    { ...document, action: 'oss:PutBucketRequesterQoSInfo' },
  ),
  row(
    'GetBucketRequesterQosInfo',
    'bucket',
    'GET',
    { requesterQosInfo: flag, qosRequester: flag },
    'owner',
    getBucketRequesterQosInfo,
    { action: 'oss:GetBucketRequesterQoSInfo' },
  ),
  row(
    'ListBucketRequesterQosInfos',
    'bucket',
    'GET',
    { requesterQosInfo: flag, qosRequester: none },
    'owner',
    listBucketRequesterQosInfos,
    { action: 'oss:ListBucketRequesterQoSInfo' },
  ),
  row(
    'DeleteBucketRequesterQosInfo',
    'bucket',
    'DELETE',
    { requesterQosInfo: flag },
    'owner',
    deleteBucketRequesterQosInfo,
    { action: 'oss:DeleteBucketRequesterQoSInfo' },
  ),
];
