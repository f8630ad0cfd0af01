/** The tables of a database, as far as releases differ in them. */
export interface SchemaState {
  /** The version of this program. */
  readonly release: string;
  /** The release that changed the tables last, where it is known. */
  readonly madeBy: string | undefined;
  /** Steps that stand, in their order. */
  readonly done: readonly string[];
  /** Steps this release needs and the database has not. */
  readonly pending: readonly SchemaStep[];
  /** Steps of a newer release. */
  readonly unknown: readonly string[];
  /** Why this release must not be started on it, for people. */
  readonly refusal: string | undefined;
}

export interface SchemaStep {
  readonly name: string;
  /** Nodes of the release before fail once it is made, and must be stopped first. */
  readonly isBreaking: boolean;
}

/**
 * What opening an engine does about its tables: `upgraded` makes or upgrades them; `as-it-is`
 * changes nothing, and refuses tables that are not those of this release.
 */
export type SchemaWish = 'upgraded' | 'as-it-is';

/** Reads and upgrades the tables of a database that need not be of this release. */
export interface SchemaKeeper {
  /** Changes nothing; a database that is not there yet has no steps done. */
  read(): Promise<SchemaState>;
  /**
   * All pending steps in one transaction; whoever else opens the database waits. Returns the names
   * of the steps made here: none when another process was faster. Rejects with `StoreUnavailable`,
   * whose name is `NewerDatabase` when a newer release made the database.
   */
  upgrade(): Promise<readonly string[]>;
}
