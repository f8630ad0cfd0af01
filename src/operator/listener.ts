import {
  createHttpListener,
  type HttpListener,
  type ListenerAddress,
  type ListenerOptions,
} from '../http/index.ts';
import { createOperatorHandler, renderOperatorProblem } from './handler.ts';
import type { Health } from './health.ts';

/** Supervisors and balancers: a handful of connections, never so many that others pay for them. */
const connectionsMax = 256;

/** The operator's listener; nothing is bound before its `start`. */
export function createOperatorListener(
  address: ListenerAddress,
  health: Health,
  options: Pick<ListenerOptions, 'world' | 'onFault'>,
): HttpListener {
  return createHttpListener({
    ...options,
    address,
    handle: createOperatorHandler(health),
    renderProblem: renderOperatorProblem,
    limits: { connectionsMax },
  });
}
