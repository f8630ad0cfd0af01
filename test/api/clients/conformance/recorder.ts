/**
 * Tells which operations the server in this process was really asked for, and by which method of
 * the client: the acts in the table of operations are overheard, and the client's calls with them.
 * Calls follow one another, so an act belongs to the method that is being called.
 */
import { operations } from '../../../../src/api/index.ts';
import { OssError } from '../../../../src/errors/index.ts';
import type { Untyped } from './scenario.ts';

export interface Heard {
  readonly operation: string;
  /** `undefined`: no method of a client that is overheard. */
  readonly method: string | undefined;
  /** `undefined`: it was answered. */
  readonly refusal: string | undefined;
}

export interface Recorder {
  /** What was heard since the last call. */
  take(): Heard[];
  during<T>(method: string, call: () => T): T;
  /** The client with all its methods overheard. */
  overhear(client: object): Untyped;
}

export function recordOperations(): Recorder {
  let heard: Heard[] = [];
  let current: string | undefined;
  for (const operation of operations) {
    const { act } = operation;
    const overheard: typeof act = async (context) => {
      const method = current;
      const note = (refusal?: string): void => {
        heard.push({ operation: operation.name, method, refusal });
      };
      try {
        const response = await act(context);
        note();
        return response;
      } catch (problem) {
        note(problem instanceof OssError ? problem.code : String(problem));
        throw problem;
      }
    };
    Object.assign(operation, { act: overheard });
  }

  function during<T>(method: string, call: () => T): T {
    const before = current;
    current = method;
    const restore = (): void => {
      current = before;
    };
    let result: T;
    try {
      result = call();
    } catch (problem) {
      restore();
      throw problem;
    }
    if (result instanceof Promise) return result.finally(restore) as T;
    restore();
    return result;
  }

  return {
    take() {
      const taken = heard;
      heard = [];
      return taken;
    },
    during,
    overhear: (client) =>
      new Proxy(client, {
        get(target, name) {
          const member: unknown = Reflect.get(target, name);
          if (typeof member !== 'function' || typeof name === 'symbol') return member;
          return (...given: unknown[]) => during(name, () => member.apply(target, given));
        },
      }),
  };
}
