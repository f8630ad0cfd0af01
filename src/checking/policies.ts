/** Policies and trust policies can be read by this release. */
import { PolicyProblem, parseRamPolicy, parseTrustPolicy } from '../rights/index.ts';
import type { Run } from './run.ts';

/** Nobody gets in while a document that decides about it cannot be read. */
export async function checkPolicies(run: Run): Promise<void> {
  run.begin('policies');
  const { accounts, identities } = run.input.metadata;
  for (const { id: account } of await accounts.listAccounts()) {
    for (const { name: policy, document } of await identities.listPolicies(account)) {
      const fault = faultOf(() => parseRamPolicy(document));
      if (fault !== undefined) run.tell('policy-unreadable', { account, policy }, fault);
    }
    for (const { name: role, role: facts } of await identities.listIdentities(account, 'role')) {
      const fault = faultOf(() => parseTrustPolicy(facts?.trustPolicy ?? ''));
      if (fault !== undefined) run.tell('policy-unreadable', { account, role }, fault);
    }
  }
}

export function faultOf(parse: () => unknown): string | undefined {
  try {
    parse();
    return undefined;
  } catch (error) {
    if (!(error instanceof PolicyProblem)) throw error;
    return `its document cannot be read: ${error.message}`;
  }
}
