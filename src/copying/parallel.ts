/**
 * Runs `work` over what comes, at most `width` at a time, and gives the results as they come, in
 * whatever order. When one fails the others are let end before that is told: nothing runs on behind
 * the caller's back.
 */
export async function* inParallel<In, Out>(
  from: AsyncIterable<In>,
  width: number,
  work: (value: In) => Promise<Out>,
): AsyncGenerator<Out> {
  const results: Out[] = [];
  let failure: { error: unknown } | undefined;
  let running = 0;
  let wake = Promise.withResolvers<void>();
  const start = async (value: In): Promise<void> => {
    running += 1;
    try {
      results.push(await work(value));
    } catch (error) {
      failure ??= { error };
    }
    running -= 1;
    wake.resolve();
  };
  const ended = async (): Promise<void> => {
    await wake.promise;
    wake = Promise.withResolvers();
  };
  try {
    for await (const value of from) {
      void start(value);
      while (running >= width) await ended();
      if (failure !== undefined) throw failure.error;
      yield* results.splice(0);
    }
    while (running > 0) {
      await ended();
      if (failure !== undefined) throw failure.error;
      yield* results.splice(0);
    }
    if (failure !== undefined) throw failure.error;
    yield* results.splice(0);
  } finally {
    while (running > 0) await ended();
  }
}
