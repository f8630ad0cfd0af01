import { type Operation, operations } from '../../src/api/index.ts';
import { type Row, rows } from '../../test/api/clients/conformance/table.ts';
import { levelTitles } from './levels.ts';
import { printedNote, renderTable } from './table.ts';

/** What the client was told, in words. */
function stateOf({ refusal, isEmptyList }: Row): string {
  if (refusal !== undefined) return `\`${refusal}\``;
  return isEmptyList ? 'an empty list' : 'answered';
}

const unique = (texts: readonly string[]): string => [...new Set(texts)].join(', ');

function renderLevel(level: Operation['on'], title: string): string {
  const names = [...new Set(operations.filter(({ on }) => on === level).map(({ name }) => name))];
  const cells = names.map((name) => {
    const proofs = rows.filter(({ operation }) => operation === name);
    return [
      name,
      unique(proofs.map(stateOf)),
      unique(proofs.map(({ method }) => `\`${method}\``)),
      unique(proofs.map(({ where }) => where)),
    ];
  });
  const proved = cells.filter(([, state]) => state !== '');
  return `## ${title}\n\n${renderTable(['operation', 'state', 'proved by', 'where'], proved)}\n`;
}

/** docs/conformance.md as it must be for the tables of operations and of conformance. */
export function renderConformance(): string {
  const sections = levelTitles.map(([level, title]) => renderLevel(level, title));
  const states = new Map<string, Set<string>>();
  for (const row of rows) {
    const state = stateOf(row);
    states.set(state, (states.get(state) ?? new Set()).add(row.operation));
  }
  const counts = [...states].map(([state, names]) => `${state} ${names.size}`).join(', ');
  return `${printedNote}

# Conformance

Every operation of the public API reference, what this server makes of it, and the proof: the
official client for JavaScript, \`ali-oss\`. Printed from \`test/api/clients/conformance/table.ts\`,
whose rows \`test/api/clients/conformance.test.ts\` runs one by one against a server, signed with V1
and with V4. A row holds when the server was asked for that very operation by that very method of the
client, answered as the row says, and the client read the right thing out of the answer. The suite
also holds that no operation and no method of the client is missing.

*state*: \`answered\`; an empty list, of what only the cloud has; or a code: \`NotImplemented\` with the
name of the operation, or what the reference has for "there is no such thing".
${new Set(rows.map(({ operation }) => operation)).size} operations: ${counts}.

*proved by*: the method. \`request\` is the client's generic request: its users write the document,
the client addresses and signs it. What is signed for others (\`signatureUrl\`,
\`calculatePostSignature\`) is used by somebody without a client.

*where*: in which of the ways the client addresses a server. \`everywhere\` is by path
(\`sldEnable\`), by host name of the bucket, at an IP address, and at a mapped domain (\`cname\`).
Below a mapped domain there is one bucket and nothing is asked of the service; at an IP address the
client signs no URLs, and asks of the service no more than the list of buckets.

The client's build for browsers is tried in a real one, from a page of another origin, over HTTPS
at a mapped domain: \`test/life/browser-sdk.test.ts\`.

${sections.join('\n')}`;
}
