/** The suites of writing objects, once more with the objects in an S3 store. */
process.env.CNAMED_TEST_OBJECTS = 's3';
await import('../object/writes.test.ts');
await import('../object/keys.test.ts');

export {};
