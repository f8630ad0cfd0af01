/**
 * The command line: `serve`, the operator's commands on the stores, and the domain commands, which
 * are clients of the HTTP API. Results go to standard output, everything else to standard error.
 */
export { runCli } from './run.ts';
export type {
  BoundAddress,
  CliSurroundings,
  OpenedEngines,
  OpenedWithObjects,
  Output,
  RunningServer,
  StopSignal,
} from './types.ts';
