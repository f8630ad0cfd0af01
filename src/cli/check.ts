/** `cnamed check`: whether everything is there and whole, beside a running server. */
import { type Command, InvalidArgumentError } from 'commander';
import {
  type CheckProgress,
  type CheckReport,
  checkInstallation,
  type Finding,
  type Plan,
} from '../checking/index.ts';
import type { Bucket } from '../stores/index.ts';
import { type CliContext, readConfig, withObjects } from './context.ts';
import { CliFailure, exitCodes } from './failure.ts';
import {
  addJsonFlag,
  addSettingFlags,
  dataSettings,
  type Flags,
  settingFlags,
  textFlag,
} from './flags.ts';
import { formatBytes, formatSpan, printLine } from './print.ts';
import { Progress } from './progress.ts';
import type { OpenedWithObjects } from './types.ts';

/** Between two lines of progress where nobody watches a terminal. */
const quietMs = 30_000;
const terminalMs = 200;

export function addCheckCommand(
  program: Command,
  context: CliContext,
  setCode: (code: number) => void,
): void {
  const command = program
    .command('check')
    .description('read every object and verify what the database says, beside a running server')
    .option('--quick', 'look at the sizes of objects, do not read them')
    .option('--bucket <name>', 'check what belongs to this bucket only')
    .option('--rate <bytes>', 'read at most so much a second, for example 50MiB', readRate)
    .option('--repair', 'put right what loses nothing: counters, bytes without a row, garbage')
    .addHelpText(
      'after',
      `
Examples:
  ${context.program} check --quick
  ${context.program} check --rate 50MiB
  ${context.program} check --bucket my-bucket --json

Exit code 0: sound, or everything found is repaired; 1: damage, each on a line of its own with what
to do; 2: not understood. Objects, mappings and certificates are never removed.`,
    );
  addJsonFlag(addSettingFlags(command, [...dataSettings, 'garbage-age'])).action(
    async (flags: Flags) => {
      const config = await readConfig(context, settingFlags(flags));
      const report = await withObjects(context, config, (engines) =>
        check(context, { ...engines, garbageAgeMs: config.garbageAgeMs }, flags),
      );
      const left = report.damage - report.damageRepaired;
      setCode(left > 0 ? exitCodes.failed : exitCodes.done);
    },
  );
}

const unitBytes: Readonly<Record<string, number>> = {
  B: 1,
  KB: 1000,
  MB: 1000 ** 2,
  GB: 1000 ** 3,
  KiB: 1024,
  MiB: 1024 ** 2,
  GiB: 1024 ** 3,
};

function readRate(text: string): number {
  const [, count, unit = 'B'] = /^(\d{1,9})([A-Za-z]+)?$/.exec(text) ?? [];
  const bytes = Number(count) * (unitBytes[unit] ?? Number.NaN);
  if (bytes >= 1) return bytes;
  throw new InvalidArgumentError('Expected bytes a second, such as 500KiB, 50MiB or 1GiB.');
}

async function check(
  context: CliContext,
  engines: OpenedWithObjects & { readonly garbageAgeMs: number },
  flags: Flags,
): Promise<CheckReport> {
  const show = flags.json === true ? new JsonShow(context) : new TextShow(context);
  try {
    const report = await checkInstallation({
      ...engines,
      world: context.world,
      isQuick: flags.quick === true,
      isRepairing: flags.repair === true,
      bucket: await bucketOf(engines, textFlag(flags, 'bucket')),
      bytesPerSecond: typeof flags.rate === 'number' ? flags.rate : undefined,
      onPlan: (plan) => show.plan(plan),
      onFinding: (finding) => show.finding(finding),
      onProgress: (progress) => show.progress(progress),
    });
    show.report(report);
    return report;
  } finally {
    show.end();
  }
}

async function bucketOf(
  { metadata }: OpenedWithObjects,
  name: string | undefined,
): Promise<Bucket | undefined> {
  if (name === undefined) return undefined;
  const bucket = await metadata.buckets.findBucket(name);
  if (bucket) return bucket;
  throw new CliFailure(`There is no bucket "${name.slice(0, 80)}".`, {
    exitCode: exitCodes.usage,
    next: ['Leave --bucket out to check all of them.'],
  });
}

/** A line on standard output for each finding; what is going on goes to standard error. */
class TextShow {
  readonly #context: CliContext;
  readonly #progress: Progress;
  #saidAt = Number.NEGATIVE_INFINITY;

  constructor(context: CliContext) {
    this.#context = context;
    this.#progress = new Progress(context.stderr, context.world.timers);
  }

  plan({ buckets, objects, bytes, leastMs }: Plan): void {
    const least = leastMs === undefined ? '' : `, at least ${formatSpan(leastMs)}`;
    const reading = bytes > 0 ? `${formatBytes(bytes)} to read${least}` : 'their sizes only';
    this.#clear();
    printLine(this.#context.stderr, `${objects} objects in ${buckets} buckets: ${reading}`);
  }

  finding(finding: Finding): void {
    this.#clear();
    const { weight, what, advice, isRepaired } = finding;
    const todo = isRepaired ? 'Repaired.' : advice;
    printLine(this.#context.stdout, `${weight}: ${subjectOf(finding)}: ${what}. ${todo}`);
  }

  progress(progress: CheckProgress): void {
    const now = this.#context.world.clock.monotonicMs();
    const isTerminal = this.#context.stderr.isTTY === true;
    if (now - this.#saidAt < (isTerminal ? terminalMs : quietMs)) return;
    // The first one says nothing that the plan would not.
    const isFirst = this.#saidAt === Number.NEGATIVE_INFINITY;
    this.#saidAt = now;
    if (!isFirst || isTerminal) this.#progress.say(progressLine(progress));
  }

  report(report: CheckReport): void {
    this.#clear();
    const { objects, bytes, damage, leftOvers, elapsedMs } = report;
    const repaired = report.damageRepaired + report.leftOversRepaired;
    const looked = `${objects} objects, ${formatBytes(bytes)} read in ${formatSpan(elapsedMs)}`;
    if (damage + leftOvers === 0) {
      printLine(this.#context.stdout, `sound: ${looked}`);
      return;
    }
    const parts = [`${damage} damaged`, `${leftOvers} left over`, `${repaired} repaired`];
    printLine(this.#context.stdout, `${parts.join(', ')}: ${looked}`);
  }

  end(): void {
    this.#clear();
  }

  #clear(): void {
    this.#progress.finish();
  }
}

/** One JSON document on each line of standard output, so that a program need not keep them all. */
class JsonShow {
  readonly #context: CliContext;
  constructor(context: CliContext) {
    this.#context = context;
  }
  plan(plan: Plan): void {
    this.#print('plan', plan);
  }
  finding(finding: Finding): void {
    this.#print('finding', finding);
  }
  progress(): void {}
  report(report: CheckReport): void {
    this.#print('report', report);
  }
  end(): void {}
  #print(type: string, value: object): void {
    printLine(this.#context.stdout, JSON.stringify({ type, ...value }));
  }
}

/** Keys may hold anything: what would break the line or steer a terminal is written in ASCII. */
function quoted(key: string): string {
  const steering = /[\u007f-\u009f\u2028-\u202e\u2066-\u2069]/g;
  return JSON.stringify(key).replace(
    steering,
    (sign) => `\\u${sign.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

function subjectOf(finding: Finding): string {
  const {
    bucket,
    key,
    version,
    upload,
    part,
    domain,
    certificate,
    account,
    accessKey,
    blob,
    auditRecord,
  } = finding;
  const { policy, role } = finding;
  const parts = [
    bucket && `bucket ${bucket}`,
    key !== undefined && `key ${quoted(key)}`,
    version && `version ${version}`,
    part !== undefined && `part ${part}`,
    upload && `upload ${upload}`,
    domain && `domain ${domain}`,
    certificate !== undefined && `certificate ${certificate}`,
    accessKey && `access key ${accessKey}`,
    policy && `policy ${policy}`,
    role && `role ${role}`,
    account && `account ${account}`,
    blob && key === undefined && upload === undefined && `blob ${blob}`,
    auditRecord !== undefined && `audit record ${auditRecord}`,
  ];
  return parts.filter((part) => typeof part === 'string').join(', ') || 'this installation';
}

function progressLine({ step, objects, bytes, elapsedMs, plan }: CheckProgress): string {
  if (plan === undefined || objects === 0) return `checking ${step}`;
  const of = `${objects} of ${plan.objects}`;
  const perSecond = elapsedMs > 0 ? (bytes / elapsedMs) * 1000 : 0;
  const rate = plan.bytes > 0 ? `, ${formatBytes(perSecond)}/s` : '';
  return `checking ${step}: ${of}${rate}${timeLeft(plan, objects, bytes, elapsedMs)}`;
}

/** By bytes and by objects, whichever takes longer: small objects cost more than their bytes. */
function timeLeft(plan: Plan, objects: number, bytes: number, elapsedMs: number): string {
  const shares = [objects / plan.objects, plan.bytes > 0 ? bytes / plan.bytes : 1];
  const share = Math.min(...shares.filter((each) => each > 0));
  if (!(share > 0) || share >= 1) return '';
  return `, ${formatSpan((elapsedMs / share) * (1 - share))} left`;
}
