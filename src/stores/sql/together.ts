/**
 * Statements that need none of each other's answers, in this order: an engine far away gets them in
 * one flight. Resolves or rejects when all have ended, with the first failure: nothing of a write
 * that failed may still run when it is rolled back.
 */
export async function together<Answers extends readonly unknown[]>(
  ...statements: { readonly [Index in keyof Answers]: Promise<Answers[Index]> | undefined }
): Promise<Answers> {
  const settled = await Promise.allSettled(statements);
  const failed = settled.find(({ status }) => status === 'rejected');
  if (failed?.status === 'rejected') throw failed.reason;
  return settled.map((each) => (each as PromiseFulfilledResult<unknown>).value) as never;
}
