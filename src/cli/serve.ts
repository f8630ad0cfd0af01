/** `cnamed serve`: starts, says so once, and stops when asked. */
import { isIPv6 } from 'node:net';
import type { Command } from 'commander';
import type { Config } from '../config/index.ts';
import { describePostgresUrl } from '../stores/index.ts';
import { type CliContext, readConfig } from './context.ts';
import { exitCodes } from './failure.ts';
import { addSettingFlags, type Flags, settingFlags } from './flags.ts';
import { holdLifeLine } from './life-line.ts';
import { printFacts, printLine } from './print.ts';
import type { BoundAddress, RunningServer, StopSignal } from './types.ts';

/** A server that a fault brought down ends within this, whatever hangs. */
const fallMs = 2_000;
/** As shells count: 128 and the number of SIGINT. */
const interruptedCode = 130;

export function addServeCommand(
  program: Command,
  context: CliContext,
  setCode: (code: number) => void,
): void {
  const command = program
    .command('serve')
    .description('start the server; it runs until SIGTERM or Ctrl-C')
    .addHelpText(
      'after',
      `
Examples:
  ${context.program} serve
  ${context.program} serve --http 0.0.0.0:80 --https 0.0.0.0:443 --endpoint oss.example.com
  CNAMED_DATA_DIR=/var/lib/cnamed ${context.program} serve --config /etc/cnamed.json`,
    );
  addSettingFlags(command).action(async (flags: Flags) => {
    setCode(await serve(context, settingFlags(flags)));
  });
}

/** Resolves to the exit code when the server has stopped. */
async function serve(context: CliContext, flags: GivenFlags): Promise<number> {
  const config = await readConfig(context, flags);
  // Listening before the start: a signal that comes early must not be lost.
  const stopping = awaitStop(context);
  const faults = watchFaults(context);
  try {
    const server = await context.startServer(config, context.world);
    faults.bringDown(server);
    announce(context, config, server);
    if (server.reload) stopping.onHangUp(reloading(context, flags, server.reload));
    const reason = await stopping.asked;
    if (context.stderr.isTTY) printLine(context.stderr, `\n${reason}: finishing requests ...`);
    await server.stop(stopping.hurried);
    return exitCodes.done;
  } finally {
    faults.release();
    stopping.release();
  }
}

/**
 * After a fault that nothing caught nobody knows what state the process is in: it says so, stops
 * accepting and ends with a failure, for a supervisor to start it again. It never goes on
 * (security.md 10.1).
 */
function watchFaults(context: CliContext): {
  bringDown: (server: RunningServer) => void;
  release: () => void;
} {
  let running: RunningServer | undefined;
  let hasFallen = false;
  const onFault = (problem: unknown): void => {
    if (hasFallen) return;
    hasFallen = true;
    const hanging = new AbortController();
    const end = (): void => {
      hanging.abort();
      context.exitNow(exitCodes.failed);
    };
    if (!running) {
      printLine(context.stderr, problem instanceof Error ? problem.stack : String(problem));
      end();
      return;
    }
    context.world.timers.delay(fallMs, hanging.signal).then(end, () => {});
    running.fall(problem).then(end, end);
  };
  context.faults.on('uncaughtException', onFault);
  return {
    bringDown: (server) => {
      running = server;
    },
    release: () => void context.faults.off('uncaughtException', onFault),
  };
}

type GivenFlags = ReturnType<typeof settingFlags>;

/** What SIGHUP does where there are workers. Whatever is wrong, the server goes on as it was. */
function reloading(
  context: CliContext,
  flags: GivenFlags,
  reload: (config: Config) => Promise<void>,
): () => void {
  return () => {
    readConfig(context, flags)
      .then(reload)
      .catch((problem: unknown) => {
        const message = problem instanceof Error ? problem.message : String(problem);
        const msg = `not reloaded: ${message}`;
        const line = { level: 50, time: context.world.clock.now(), msg };
        printLine(context.stderr, context.stderr.isTTY ? msg : JSON.stringify(line));
      });
  };
}

interface Stopping {
  /** Resolves to the reason of the first request to stop. */
  readonly asked: Promise<string>;
  /** Asked again: whoever asks twice does not wait for balancers. */
  readonly hurried: AbortSignal;
  /** SIGHUP asks for this from now on, and for no end; but a terminal that is gone for an end. */
  onHangUp(work: () => void): void;
  readonly release: () => void;
}

/** A second interrupt ends the process at once; any other second signal hurries the end. */
function awaitStop(context: CliContext): Stopping {
  const { promise, resolve } = Promise.withResolvers<string>();
  const hurry = new AbortController();
  let isAsked = false;
  const ask = (reason: string): void => {
    if (isAsked) hurry.abort();
    isAsked = true;
    resolve(reason);
  };
  const onInterrupt = (): void => (isAsked ? context.exitNow(interruptedCode) : ask('interrupted'));
  const onTerm = (): void => ask('told to stop');
  let onHangUp = onTerm;
  const listeners: readonly (readonly [StopSignal, () => void])[] = [
    ['SIGINT', onInterrupt],
    ['SIGTERM', onTerm],
    ['SIGHUP', () => onHangUp()],
  ];
  for (const [signal, listener] of listeners) context.signals.on(signal, listener);
  const lifeLine = holdLifeLine(context.environment, () => ask('the parent process is gone'));
  return {
    asked: promise,
    hurried: hurry.signal,
    onHangUp: (work) => {
      if (!context.stderr.isTTY) onHangUp = work;
    },
    release: () => {
      for (const [signal, listener] of listeners) context.signals.off(signal, listener);
      lifeLine?.release();
    },
  };
}

/** Exactly one line on standard output; the rest is for eyes and goes to standard error. */
function announce(context: CliContext, config: Config, server: RunningServer): void {
  const { http, https } = server.addresses;
  const urls = [
    ...(http ? [`http://${formatAddress(http)}`] : []),
    ...(https ? [`https://${formatAddress(https)}`] : []),
  ];
  if (context.stderr.isTTY) printWelcome(context, config, server, urls);
  else printGeneratedKey(context, server);
  const { console } = server.addresses;
  const operator = console ? ` console ${formatAddress(console)}` : '';
  printLine(context.stdout, `cnamed ready ${urls.join(' ')}${operator}`);
}

function printWelcome(
  context: CliContext,
  config: Config,
  server: RunningServer,
  urls: readonly string[],
): void {
  const key = server.generatedKey;
  printLine(context.stderr);
  printFacts(
    context.stderr,
    [
      ['listens on', urls.join('  ')],
      ...consoleFact(server),
      ['keeps data in', config.dataDir],
      ...(config.databaseUrl ? [databaseFact(config.databaseUrl)] : []),
      ['region', config.region],
    ],
    '  ',
  );
  if (key) {
    printLine(context.stderr, '\n  The root access key, shown this once:\n');
    printFacts(
      context.stderr,
      [
        ['access key id', key.accessKeyId],
        ['access key secret', key.accessKeySecret],
      ],
      '    ',
    );
  }
  printLine(context.stderr, '\n  Next, once a bucket exists, in another terminal:\n');
  // A port that the system chose is in no setting, so the command could not find it.
  const isChosen = config.http !== 'off' && config.http.port === 0;
  const endpoint = isChosen ? ` --endpoint ${urls[0]}` : '';
  const next = `${context.program} domain add www.example.com --bucket BUCKET --wait${endpoint}`;
  printLine(context.stderr, `    ${next}\n`);
}

function consoleFact(server: RunningServer): [string, string][] {
  const { console } = server.addresses;
  return console ? [['tells how it is', `http://${formatAddress(console)}/ready`]] : [];
}

function databaseFact(url: string): [string, string] {
  return ['and metadata in', describePostgresUrl(url)];
}

/** Without a terminal standard error is a log: one JSON line, like the lines around it. */
function printGeneratedKey(context: CliContext, server: RunningServer): void {
  const key = server.generatedKey;
  if (!key) return;
  const { accessKeyId, accessKeySecret } = key;
  const line = {
    level: 40,
    time: context.world.clock.now(),
    accessKeyId,
    accessKeySecret,
    msg: 'root access key generated; it is shown this once',
  };
  printLine(context.stderr, JSON.stringify(line));
}

function formatAddress({ host, port }: BoundAddress): string {
  return isIPv6(host) ? `[${host}]:${port}` : `${host}:${port}`;
}
