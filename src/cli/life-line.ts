import { Socket } from 'node:net';

/**
 * The guard that hands over to the packaged runtime keeps the other end of a pipe (bin/cnamed.cjs).
 * Nothing is ever written to it: when it ends, the guard is dead, even by SIGKILL, and nobody could
 * stop this process any more.
 */
export function holdLifeLine(
  environment: Readonly<Record<string, string | undefined>>,
  onParted: () => void,
): { release: () => void } | undefined {
  const descriptor = environment.CNAMED_LIFE_LINE;
  if (descriptor === undefined || !/^\d{1,4}$/.test(descriptor)) return undefined;
  let pipe: Socket;
  try {
    pipe = new Socket({ fd: Number(descriptor), readable: true, writable: false });
  } catch {
    // The variable leaked into a process that has no such pipe: there is nothing to hold.
    return undefined;
  }
  pipe.on('error', onParted);
  pipe.on('close', onParted);
  pipe.resume();
  // Only the server keeps the process alive.
  pipe.unref();
  return {
    release: () => {
      pipe.removeAllListeners('close');
      pipe.destroy();
    },
  };
}
