/**
 * Says whether a history of calls that overlap is linearizable: whether there is an order, in which
 * no call comes before one that had been answered when it began, that a sequential model answers in
 * the same way (Herlihy and Wing 1990). The search is that of Wing and Gong (1993) with the memory
 * of Lowe (2017): the same calls done and the same state reached is never searched twice.
 */

export interface Call<Operation> {
  readonly operation: Operation;
  /** Moments of one clock that never shows the same twice. */
  readonly invokedAt: number;
  /** `Infinity` without an answer: the call takes effect at any time from then on, or never. */
  readonly answeredAt: number;
}

export interface Model<State, Operation> {
  readonly initial: State;
  /** Equal for states that no later answer can tell apart. */
  keyOf(state: State): string;
  /**
   * The state after the operation; `undefined` when it cannot be answered in this state as it was.
   * The SAME state, not an equal one, when the operation changes nothing.
   */
  step(state: State, operation: Operation): State | undefined;
  /** Whether an operation with this answer changes nothing in ANY state: a read, a refusal. */
  isWithoutEffect(operation: Operation): boolean;
}

export type Verdict<Operation> =
  | { readonly verdict: 'linearizable'; readonly order: readonly Call<Operation>[] }
  | { readonly verdict: 'violated' }
  /** The search was given up after `stepsMax` steps. */
  | { readonly verdict: 'too-large' };

interface Search<State, Operation> {
  readonly model: Model<State, Operation>;
  readonly calls: readonly Call<Operation>[];
  /** By the number of a call: 1 once it is in the order. */
  readonly done: Uint8Array;
  readonly order: number[];
  /** Answered calls that are not in the order yet. */
  open: number;
  stepsLeft: number;
  readonly seen: Set<string>;
}

export function checkHistory<State, Operation>(
  model: Model<State, Operation>,
  history: readonly Call<Operation>[],
  stepsMax = 2_000_000,
): Verdict<Operation> {
  const calls = [...history].sort((one, other) => one.invokedAt - other.invokedAt);
  const search: Search<State, Operation> = {
    model,
    calls,
    done: new Uint8Array(calls.length),
    order: [],
    open: calls.filter(({ answeredAt }) => answeredAt !== Infinity).length,
    stepsLeft: stepsMax,
    seen: new Set(),
  };
  const isFound = extend(search, model.initial);
  if (isFound) {
    const order = search.order.flatMap((number) => calls[number] ?? []);
    return { verdict: 'linearizable', order };
  }
  return { verdict: search.stepsLeft <= 0 ? 'too-large' : 'violated' };
}

/** Puts every open call behind the order found so far; takes back what it did when it cannot. */
function extend<State, Operation>(search: Search<State, Operation>, state: State): boolean {
  const { model, calls } = search;
  const mark = search.order.length;
  // A call without effect can come as soon as its answer fits: an order that has it later stays one
  // when it is moved here. (Not so a call that only happens to change nothing here.)
  for (let isFurther = true; isFurther; ) {
    isFurther = false;
    for (const number of nextCalls(search)) {
      const call = calls[number];
      if (call === undefined || call.answeredAt === Infinity) continue;
      if (!model.isWithoutEffect(call.operation)) continue;
      if (model.step(state, call.operation) === undefined) continue;
      take(search, number);
      isFurther = true;
    }
  }
  if (search.open === 0) return true;
  const key = `${search.done.join('')} ${model.keyOf(state)}`;
  if (!search.seen.has(key)) {
    search.seen.add(key);
    for (const number of nextCalls(search)) {
      search.stepsLeft -= 1;
      if (search.stepsLeft <= 0) break;
      const call = calls[number];
      const after = call && model.step(state, call.operation);
      if (after === undefined) continue;
      // Never answered and nothing changed: it may as well take effect later.
      if (after === state && call?.answeredAt === Infinity) continue;
      take(search, number);
      if (extend(search, after)) return true;
      giveBack(search, search.order.length - 1);
    }
  }
  giveBack(search, mark);
  return false;
}

/** Calls that began before any open call was answered; those without an answer last. */
function nextCalls<State, Operation>({ calls, done }: Search<State, Operation>): number[] {
  let firstAnswer = Infinity;
  for (const [number, { answeredAt }] of calls.entries()) {
    if (done[number] === 0 && answeredAt < firstAnswer) firstAnswer = answeredAt;
  }
  const answered: number[] = [];
  const unanswered: number[] = [];
  for (const [number, { invokedAt, answeredAt }] of calls.entries()) {
    if (invokedAt > firstAnswer) break;
    if (done[number] === 1) continue;
    (answeredAt === Infinity ? unanswered : answered).push(number);
  }
  return [...answered, ...unanswered];
}

function take<State, Operation>(search: Search<State, Operation>, number: number): void {
  search.done[number] = 1;
  search.order.push(number);
  if (search.calls[number]?.answeredAt !== Infinity) search.open -= 1;
}

function giveBack<State, Operation>(search: Search<State, Operation>, length: number): void {
  while (search.order.length > length) {
    const number = search.order.pop() ?? 0;
    search.done[number] = 0;
    if (search.calls[number]?.answeredAt !== Infinity) search.open += 1;
  }
}

/**
 * A violated history, made small enough to be read: cut after the first answer that cannot be, then
 * without the calls that are not needed to see it. What is left is violated, and part of what was.
 */
export function shrinkHistory<State, Operation>(
  model: Model<State, Operation>,
  history: readonly Call<Operation>[],
  /** The operation as it stands before its answer is known. */
  withoutAnswer: (operation: Operation) => Operation,
): readonly Call<Operation>[] {
  const isViolated = (calls: readonly Call<Operation>[]) =>
    checkHistory(model, calls).verdict === 'violated';
  const cutAt = (moment: number): Call<Operation>[] =>
    history
      .filter(({ invokedAt }) => invokedAt <= moment)
      .map((call) => {
        if (call.answeredAt <= moment) return call;
        return { ...call, operation: withoutAnswer(call.operation), answeredAt: Infinity };
      });
  const answers = history.map(({ answeredAt }) => answeredAt).filter((at) => at !== Infinity);
  answers.sort((one, other) => one - other);
  // Every beginning of a linearizable history is linearizable: the first violated one is searched.
  let low = 0;
  let high = answers.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (isViolated(cutAt(answers[middle] ?? 0))) high = middle;
    else low = middle + 1;
  }
  let small: readonly Call<Operation>[] = cutAt(answers[low] ?? 0);
  for (const call of small) {
    // Without a call that was never answered fewer orders are possible: it stays.
    if (call.answeredAt === Infinity || !model.isWithoutEffect(call.operation)) continue;
    const rest = small.filter((other) => other !== call);
    if (isViolated(rest)) small = rest;
  }
  return small;
}
