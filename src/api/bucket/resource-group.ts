/** The one resource group there is; GetBucketInfo shows it and PutBucket takes no other. */
export const resourceGroup = 'rg-default';
