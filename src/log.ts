/**
 * The log on standard error: JSON lines, or readable ones on a terminal. What is logged never holds
 * a secret: rooms hand over facts (ids, names, counts), not requests or configurations.
 */
import { type Logger, pino } from 'pino';
import { prettyFactory } from 'pino-pretty';
import { type Config, nodeNameOf } from './config/index.ts';
import { openLineOutput, type World } from './world/index.ts';

export type Log = Logger;

export interface OpenLog {
  readonly log: Log;
  /** Resolves when what waits is written, or could not be. */
  flush(): Promise<void>;
}

const standardError = 2;

/** What a terminal obeys although JSON lets it through; a client's name for itself may hold it. */
const terminalControls = /[\u007f-\u009f]/g;

/** `worker`: the process id of one of several processes that write to the same log. */
export function openLog(
  { logLevel: level, workers, ...config }: Config,
  isTerminal: boolean,
  world: Pick<World, 'clock'>,
  worker?: number,
): OpenLog {
  const base = { node: nodeNameOf(config), ...(worker === undefined ? {} : { worker }) };
  // Not pino's own output: on a full volume it stops the event loop for ever.
  const sayLost = (count: number): string => {
    const time = world.clock.now();
    const line = { level: 40, time, ...base, count, msg: 'lines of this log were lost' };
    return `${JSON.stringify(line)}\n`;
  };
  const output = openLineOutput(standardError, sayLost, { isShared: workers > 1 });
  const { flush } = output;
  if (!isTerminal) return { log: pino({ level, base }, output), flush };
  const readable = prettyFactory({ ignore: 'node' });
  const write = (line: string): void =>
    output.write(readable(line.replace(terminalControls, '?')) ?? '');
  return { log: pino({ level, base }, { write }), flush };
}
