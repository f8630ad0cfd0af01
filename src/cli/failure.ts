/** How failures end a command: what went wrong, what the service said, what to do next. */
import { CnameError } from '../client/index.ts';
import { ConfigProblem } from '../config/index.ts';
import { adviceFor } from './advice.ts';

export const exitCodes = { done: 0, failed: 1, usage: 2 } as const;
export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

/** A command that cannot go on, told to a person. */
export class CliFailure extends Error {
  override readonly name = 'CliFailure';
  readonly exitCode: ExitCode;
  /** What to do, a line each. */
  readonly next: readonly string[];

  constructor(message: string, details: { exitCode?: ExitCode; next?: readonly string[] } = {}) {
    super(message);
    this.exitCode = details.exitCode ?? exitCodes.failed;
    this.next = details.next ?? [];
  }
}

/** One failure in the form that both people and programs get. */
export interface FailureReport {
  readonly exitCode: ExitCode;
  readonly message: string;
  readonly code?: string;
  readonly status?: number;
  readonly ec?: string;
  readonly requestId?: string;
  readonly fields?: Readonly<Record<string, string>>;
  readonly next: readonly string[];
}

export function reportOf(error: unknown): FailureReport {
  if (error instanceof CliFailure) {
    return { exitCode: error.exitCode, message: error.message, next: error.next };
  }
  if (error instanceof ConfigProblem) {
    return { exitCode: exitCodes.usage, message: error.message, next: [] };
  }
  if (error instanceof CnameError) {
    return {
      exitCode: exitCodes.failed,
      message: error.message,
      code: error.code,
      ...(error.status === 0 ? {} : { status: error.status }),
      ...(error.ec === '' ? {} : { ec: error.ec }),
      ...(error.requestId === '' ? {} : { requestId: error.requestId }),
      ...(Object.keys(error.fields).length === 0 ? {} : { fields: error.fields }),
      next: adviceFor(error),
    };
  }
  return ofOther(error);
}

/** Refusals of the rooms (they carry a code and an EC) and errors of the system. */
function ofOther(error: unknown): FailureReport {
  if (!(error instanceof Error)) {
    return { exitCode: exitCodes.failed, message: String(error), next: [] };
  }
  const { code, ec, status } = error as Error & { code?: unknown; ec?: unknown; status?: unknown };
  return {
    exitCode: exitCodes.failed,
    message: error.message,
    ...(typeof code === 'string' ? { code } : {}),
    ...(typeof status === 'number' ? { status } : {}),
    ...(typeof ec === 'string' ? { ec } : {}),
    next: adviceForSystem(error.message, code),
  };
}

function adviceForSystem(message: string, code: unknown): string[] {
  if (code === 'EADDRINUSE') {
    return [
      'Something else listens there already. Stop it, or choose another address with --http and ' +
        '--https (CNAMED_HTTP, CNAMED_HTTPS); port 0 takes any free one.',
    ];
  }
  if (code === 'EACCES' && message.includes('listen')) {
    return [
      'Ports below 1024 belong to root. Choose a higher one and forward to it, or allow this ' +
        'program: setcap cap_net_bind_service=+ep on the node executable.',
    ];
  }
  return [];
}

/** Lines for a person. */
export function renderFailure(report: FailureReport): string {
  const lines = report.message.split('\n').map((line, index) => (index ? `       ${line}` : line));
  const facts = [
    report.code && `code ${report.code}`,
    report.status && `status ${report.status}`,
    report.ec && `EC ${report.ec}`,
    report.requestId && `request id ${report.requestId}`,
  ].filter((fact) => typeof fact === 'string');
  return [
    `error: ${lines.join('\n')}`,
    ...(facts.length > 0 ? [`       ${facts.join(', ')}`] : []),
    // What the service adds for people (custom-domain.md 3.3).
    ...(report.fields?.Hint ? [`       ${report.fields.Hint}`] : []),
    ...report.next.map((line) => `  next: ${line}`),
    '',
  ].join('\n');
}
