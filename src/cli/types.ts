/**
 * What the command line needs from the wiring and from the process around it. `main.ts` hands these
 * over: rooms import no wiring, and a test brings its own streams and servers.
 */
import type { Accounts, NewAccessKey } from '../accounts/index.ts';
import type { Config } from '../config/index.ts';
import type { CopySide } from '../copying/index.ts';
import type { Sealer } from '../sealing/index.ts';
import type { BlobStore, MetadataEngine, SchemaKeeper } from '../stores/index.ts';
import type { World } from '../world/index.ts';

/** A server whose listeners all accept. */
export interface RunningServer {
  /** The addresses as bound (port 0 resolved); undefined when that listener is off. */
  readonly addresses: {
    readonly http: BoundAddress | undefined;
    readonly https: BoundAddress | undefined;
    readonly console: BoundAddress | undefined;
  };
  /** Set once in the life of an installation: the root key made at first start. */
  readonly generatedKey: NewAccessKey | undefined;
  /** Set when there are workers: they are replaced by ones that serve by this configuration. */
  readonly reload?: ((config: Config) => Promise<void>) | undefined;
  /** Waits for the drain delay or `hurry`, lets running requests finish, closes the stores. */
  stop(hurry?: AbortSignal): Promise<void>;
  /** Logs the fault and cuts every connection; the process must end then. */
  fall(problem: unknown): Promise<void>;
}

export interface BoundAddress {
  readonly host: string;
  readonly port: number;
}

/** The stores without a server on them; safe beside a running one. */
export interface OpenedEngines {
  readonly metadata: MetadataEngine;
  readonly sealer: Sealer;
  readonly accounts: Accounts;
  close(): Promise<void>;
}

export interface OpenedWithObjects extends OpenedEngines {
  readonly blobs: BlobStore;
}

/** A stream of the process as far as the command line cares. */
export interface Output {
  write(text: string): unknown;
  readonly isTTY?: boolean | undefined;
}

export type StopSignal = 'SIGTERM' | 'SIGINT' | 'SIGHUP';

export interface CliSurroundings {
  readonly world: World;
  readonly startServer: (config: Config, world: World) => Promise<RunningServer>;
  readonly openEngines: (config: Config, world: World) => Promise<OpenedEngines>;
  /** The bytes of objects too. */
  readonly openWithObjects: (config: Config, world: World) => Promise<OpenedWithObjects>;
  /** The tables alone, of whatever release they are. */
  readonly openSchema: (config: Config, world: World) => SchemaKeeper;
  /** Everything of an installation, for a copy. */
  readonly openForCopy: (
    config: Config,
    world: World,
  ) => Promise<CopySide & { close(): Promise<void> }>;
  /** Where the metadata is, for people. */
  readonly databaseOf: (config: Config) => string;
  /** What follows is the process's own unless a test brings another. */
  readonly stdout?: Output;
  readonly stderr?: Output;
  /** Relative paths are read from here. */
  readonly currentFolder?: string;
  readonly signals?: {
    on(signal: StopSignal, listener: () => void): unknown;
    off(signal: StopSignal, listener: () => void): unknown;
  };
  /** Where faults that nothing caught are told, rejected promises among them. */
  readonly faults?: {
    on(name: 'uncaughtException', listener: (problem: unknown) => void): unknown;
    off(name: 'uncaughtException', listener: (problem: unknown) => void): unknown;
  };
  /** Ends the process at once: the second interrupt, and a fault that nothing caught. */
  readonly exitNow?: (code: number) => void;
}
