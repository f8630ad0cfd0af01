import { hostname } from 'node:os';
import type { Config } from './config.ts';

/** As long as a node name may be. */
const lengthMax = 40;

/** A name that was given, or that of the machine in the characters a name may have. */
export function nodeNameOf({ nodeName }: Pick<Config, 'nodeName'>): string {
  return (
    nodeName ??
    hostname()
      .replace(/[^\w.-]/g, '-')
      .slice(0, lengthMax)
  );
}
