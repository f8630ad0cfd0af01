/** The suites of reading objects, once more with the objects in an S3 store. */
process.env.CNAMED_TEST_OBJECTS = 's3';
await import('../object/reads.test.ts');
await import('../object/website.test.ts');

export {};
