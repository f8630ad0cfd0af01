/** A policy document, read and ready to be asked. */
import type { Condition } from './conditions.ts';
import type { PrincipalPattern } from './principals.ts';
import type { ResourcePattern } from './resources.ts';
import type { Wildcards } from './wildcards.ts';

export interface Statement {
  readonly isDeny: boolean;
  /** Compared in lower case. */
  readonly actions: readonly Wildcards[];
  /** The statement is about every action but these. */
  readonly isAllBut: boolean;
  /** Of a trust policy there are none: it is about its role. */
  readonly resources: readonly ResourcePattern[] | undefined;
  /** Of bucket and trust policies; others are about whom they hang on. */
  readonly principals: readonly PrincipalPattern[] | undefined;
  readonly conditions: readonly Condition[];
}

export interface Policy {
  readonly statements: readonly Statement[];
}
