import type { HttpRequest, QueryParameter } from '../http/index.ts';
import { invalidArgument } from './refusals.ts';

/** The first value of a parameter; undefined when it is not there. */
export function firstValue(request: HttpRequest, name: string): string | undefined {
  return request.query.find((parameter) => parameter.name === name)?.value;
}

/**
 * Refuses a signed parameter that comes twice: the signature covers both, but which one an
 * operation reads is not said anywhere (DESIGN ruling 22).
 */
export function refuseDoubled(
  query: readonly QueryParameter[],
  isSigned: (name: string) => boolean,
): void {
  const seen = new Set<string>();
  for (const { name, value } of query) {
    if (!isSigned(name)) continue;
    if (seen.has(name)) {
      const message = `The query parameter ${name} is signed and comes more than once.`;
      throw invalidArgument('doubledParameter', message, { name, value });
    }
    seen.add(name);
  }
}
