import { renderConfig } from './config.ts';
import { renderConformance } from './conformance.ts';
import { renderErrors } from './errors.ts';
import { renderOperations } from './operations.ts';

/** The pages that are printed from tables, by path from the root of the repository. */
export async function renderPages(): Promise<ReadonlyMap<string, string>> {
  return new Map([
    ['docs/operations.md', await renderOperations()],
    ['docs/conformance.md', renderConformance()],
    ['docs/errors.md', renderErrors()],
    ['docs/config.md', renderConfig()],
  ]);
}
