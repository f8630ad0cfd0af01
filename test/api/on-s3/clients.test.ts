/** The suites of the official client and of transfers, with the objects in an S3 store. */
process.env.CNAMED_TEST_OBJECTS = 's3';
await import('../clients/ali-oss.test.ts');
await import('../clients/transfer.test.ts');

export {};
