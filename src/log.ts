/**
 * The log on standard error: JSON lines, or readable ones on a terminal. What is logged never holds
 * a secret: rooms hand over facts (ids, names, counts), not requests or configurations.
 */
import { type Logger, pino } from 'pino';
import pretty from 'pino-pretty';
import type { Config } from './config/index.ts';

export type Log = Logger;

export interface OpenLog {
  readonly log: Log;
  /** Writes out what still waits. */
  flush(): void;
}

const standardError = 2;

export function openLog(level: Config['logLevel'], isTerminal: boolean): OpenLog {
  if (isTerminal) {
    const stream = pretty({ destination: standardError, sync: true, ignore: 'pid,hostname' });
    return { log: pino({ level }, stream), flush: () => {} };
  }
  // Lines wait for company so that the access log costs one write for many requests.
  const destination = pino.destination({ fd: standardError, sync: false, minLength: 4_096 });
  const log = pino({ level, base: null }, destination);
  return { log, flush: () => destination.flushSync() };
}
