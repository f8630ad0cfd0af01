/**
 * `/live`: 200 as long as this process answers at all; a supervisor restarts it when it does not.
 * It says nothing of the database: a restart would not bring that back, and would lose what the
 * node still knows. `/ready`: 200 while a balancer should send connections here, else 503; the
 * document says why.
 */
import type { OssError } from '../errors/index.ts';
import type { Handler, HttpResponse } from '../http/index.ts';
import type { Health } from './health.ts';

export function createOperatorHandler(health: Health): Handler {
  return async ({ method, rawPath }) => {
    if (rawPath !== '/live' && rawPath !== '/ready') {
      return json(404, { error: 'Here are /live and /ready, and nothing else.' });
    }
    if (method !== 'GET' && method !== 'HEAD') {
      return json(405, { error: 'Only GET and HEAD.' }, { Allow: 'GET, HEAD' });
    }
    const report = health.report();
    if (rawPath === '/live') return json(200, { node: report.node, state: report.state });
    return json(report.ready ? 200 : 503, report);
  };
}

/** What the listener refuses by itself, in the form of this origin. */
export function renderOperatorProblem(problem: OssError): HttpResponse {
  const answer = json(problem.status, { error: problem.message }, problem.headers);
  return problem.closeConnection ? { ...answer, closeConnection: true } : answer;
}

function json(
  status: number,
  document: object,
  headers: Readonly<Record<string, string>> = {},
): HttpResponse {
  return {
    status,
    headers: { 'Content-Type': 'application/json', 'Cache-Control': 'no-store', ...headers },
    body: { kind: 'bytes', bytes: Buffer.from(`${JSON.stringify(document)}\n`, 'utf8') },
  };
}
