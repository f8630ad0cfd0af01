/** The suites of buckets, once more with the objects in an S3 store. */
process.env.CNAMED_TEST_OBJECTS = 's3';
await import('../bucket/buckets.test.ts');
await import('../bucket/listings.test.ts');

export {};
