/** Checks a recorded history, whole and domain by domain, and tells of a violation in words. */
import { type Call, checkHistory, shrinkHistory } from './checker.ts';
import { createModel, type Operation, type Scene } from './model.ts';
import type { History } from './record.ts';

/** The whole history is given up beyond this; its domains one by one never are. */
const wholeStepsMax = 300_000;

/** @throws Error with the smallest part that shows it, when the history is not linearizable. */
export function judgeHistory({ scene, calls }: History): { isWhole: boolean } {
  for (const domain of scene.domains)
    judge({ ...scene, domains: [domain] }, aboutDomain(calls, domain));
  const { verdict } = checkHistory(createModel(scene), calls, wholeStepsMax);
  if (verdict === 'violated') judge(scene, calls);
  return { isWhole: verdict === 'linearizable' };
}

function judge(scene: Scene, calls: readonly Call<Operation>[]): void {
  const model = createModel(scene);
  const { verdict } = checkHistory(model, calls);
  if (verdict === 'linearizable') return;
  if (verdict === 'too-large') throw new Error('The history of one domain is too large to check.');
  const small = shrinkHistory(model, calls, ({ answer: _, ...operation }) => operation);
  throw new Error(
    `not linearizable (CNAMED_TRANSFER=${scene.transfer}): no order of these calls has these answers\n` +
      describe(small),
  );
}

function aboutDomain(calls: readonly Call<Operation>[], domain: string): Call<Operation>[] {
  return calls.filter(
    ({ operation }) => operation.kind === 'ListCname' || operation.domain === domain,
  );
}

/** One call a line, in the order in which they began. */
export function describe(calls: readonly Call<Operation>[]): string {
  const ordered = [...calls].sort((one, other) => one.invokedAt - other.invokedAt);
  return ordered
    .map(({ operation, invokedAt, answeredAt }) => {
      const span = `${invokedAt} to ${answeredAt === Infinity ? 'never' : answeredAt}`;
      const where = operation.kind === 'publish' ? 'in DNS' : `on node ${operation.node}`;
      const { client, node: _, kind, answer, ...rest } = operation;
      const said = answer === undefined ? 'no answer' : JSON.stringify(answer);
      return `  ${span.padEnd(13)} client ${client} ${where}: ${kind} ${JSON.stringify(rest)} -> ${said}`;
    })
    .join('\n');
}
