import type { OtherName } from './others.ts';
import type { Report } from './report.ts';
import type { Tool } from './tools.ts';

export interface BenchOptions {
  /** An empty folder, removed afterwards. */
  readonly folder: string;
  /** Interleaved: one round of each server, then the next. */
  readonly rounds: number;
  readonly seconds: number;
  /** Tiny: only to see that everything runs. */
  readonly isQuick: boolean;
  readonly log: (line: string) => void;
}

export interface Bench {
  readonly name: string;
  readonly about: string;
  readonly tools: readonly Tool[];
  /** Other servers it measures, where they are installed. */
  readonly beside?: readonly OtherName[];
  /** Takes so long that it is run only when it is named. */
  readonly isOnRequest?: boolean;
  /** Takes no notice of rounds. */
  readonly isOneRun?: boolean;
  readonly run: (options: BenchOptions) => Promise<Report[]>;
}
