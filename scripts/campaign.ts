/**
 * `npm run campaign -- NAME [--size N] [--seed S] [--record]`: runs test/campaigns/NAME.ts at the
 * size its issue asks for. `--record` adds the result to docs/reliability.md. Without NAME: lists
 * them.
 */
import { appendFileSync, existsSync, globSync, writeFileSync } from 'node:fs';
import { constants } from 'node:os';
import { basename, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import type { Campaign } from '../test/support/campaign.ts';
import { endAllBelow } from '../test/support/process-tree.ts';

const root = resolve(import.meta.dirname, '..');
const page = resolve(root, 'docs/reliability.md');
const pageHead = `# Reliability

What campaigns found: one claim, tried many times at random. \`npm run campaign -- NAME --seed S\`
replays a run; \`--record\` adds a line here. A line says that every try held.

| date | campaign | size | seed | seconds | seen |
| --- | --- | --- | --- | --- | --- |
`;

function findCampaigns(): string[] {
  return globSync('test/campaigns/*.ts', { cwd: root })
    .map((path) => basename(path, '.ts'))
    .sort();
}

function record(cells: readonly string[]): void {
  if (!existsSync(page)) writeFileSync(page, pageHead);
  appendFileSync(page, `| ${cells.join(' | ')} |\n`);
}

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      size: { type: 'string' },
      seed: { type: 'string' },
      record: { type: 'boolean', default: false },
    },
  });
  const [name] = positionals;
  if (name === undefined || !findCampaigns().includes(name)) {
    console.error(`Campaigns: ${findCampaigns().join(', ')}`);
    return 2;
  }
  const campaign: Campaign = await import(resolve(root, `test/campaigns/${name}.ts`));
  const size = Number(values.size ?? campaign.issueSize);
  const seed = Number(values.seed ?? Date.now() % 1_000_000_000);
  if (!Number.isSafeInteger(size) || size < 1 || !Number.isSafeInteger(seed)) {
    console.error('--size and --seed take whole numbers.');
    return 2;
  }
  console.log(`${name}: size ${size}, seed ${seed}`);
  const startedAt = performance.now();
  const figures = await campaign.run({ size, seed, log: (line) => console.log(`  ${line}`) });
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(0);
  const seen = Object.entries(figures)
    .map(([key, value]) => `${key} ${value}`)
    .join(', ');
  const date = new Date().toISOString().slice(0, 10);
  console.log(`${date} ${name}: size ${size}, seed ${seed}, ${seconds} s: ${seen}`);
  if (values.record) record([date, name, String(size), String(seed), seconds, seen]);
  return 0;
}

/** A campaign that is told to end takes along what it has started. */
function leave(signal: 'SIGINT' | 'SIGTERM'): void {
  endAllBelow();
  process.exit(128 + constants.signals[signal]);
}

for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, leave);
process.exitCode = await main();
