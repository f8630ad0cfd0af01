import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Bench } from './lib/bench.ts';
import { expectOk, firstBucket, prepareField, startCnamed } from './lib/field.ts';
import { cpuSeconds } from './lib/processes.ts';
import { median, round } from './lib/report.ts';

const kibibyte = 1024;
const mebibyte = 1024 ** 2;

/** Objects of one size from so many callers at once. */
const kinds = [
  { title: '64 KiB, one caller', bytes: 64 * kibibyte, callers: 1 },
  { title: '64 KiB, 32 callers', bytes: 64 * kibibyte, callers: 32 },
  { title: '100 MiB, one caller', bytes: 100 * mebibyte, callers: 1 },
  { title: '100 MiB, 4 callers', bytes: 100 * mebibyte, callers: 4 },
] as const;

interface Seen {
  readonly perSecond: number;
  readonly mibPerCpuSecond: number;
}

export const uploads: Bench = {
  name: 'uploads',
  about: 'durable PutObject of 64 KiB and 100 MiB, beside dd with fsync on the same volume',
  tools: ['taskset'],
  async run({ folder, rounds, seconds, log }) {
    const field = await prepareField({
      folder,
      domains: 1,
      domainsPerBucket: 1,
      hasCertificateFiles: false,
    });
    const { server, client } = await startCnamed(field);
    const rows: string[][] = [];
    try {
      for (const { title, bytes, callers } of kinds) {
        const seen: Seen[] = [];
        const written: number[] = [];
        for (let turn = 0; turn < rounds; turn++) {
          written.push(await writeFiles(folder, bytes, seconds));
          const caller = client(callers);
          seen.push(await putFor(caller, server.pid, bytes, callers, seconds));
          caller.close();
        }
        const rate = median(seen.map(({ perSecond }) => perSecond));
        const alone = median(written);
        log(`${title}: ${round(rate)}/s, dd ${round(alone)}/s`);
        rows.push([
          title,
          round(alone),
          round(rate),
          (rate / alone).toFixed(2),
          round((rate * bytes) / mebibyte),
          round(median(seen.map(({ mibPerCpuSecond }) => mibPerCpuSecond))),
        ]);
      }
    } finally {
      await server.stop();
    }
    const head = [
      'upload',
      'dd a second',
      'cnamed a second',
      '×',
      'MiB a second',
      'MiB a CPU second',
    ];
    const note =
      'dd writes one file after the other, each with fsync. An upload is answered when content and ' +
      `row are on the disk. MD5 alone, which the ETag is, goes at ${md5Rate()} MiB a second here.`;
    return [{ title: 'Durable uploads', head, rows, notes: [note] }];
  },
};

/** Files a second that dd writes and syncs. */
async function writeFiles(folder: string, bytes: number, seconds: number): Promise<number> {
  const place = join(folder, 'dd');
  await mkdir(place, { recursive: true });
  const script =
    `end=$(($(date +%s%N) + ${seconds * 1e9})); n=0; while [ $(date +%s%N) -lt $end ]; do ` +
    `dd if=/dev/zero of=${place}/$n bs=${Math.min(bytes, mebibyte)} ` +
    `count=${Math.max(1, bytes / mebibyte)} conv=fsync 2>/dev/null; n=$((n+1)); done; echo $n`;
  const startedAt = performance.now();
  const { stdout } = spawnSync('sh', ['-c', script], { encoding: 'utf8' });
  const elapsed = (performance.now() - startedAt) / 1_000;
  await rm(place, { recursive: true, force: true });
  return Number(stdout) / elapsed;
}

export async function putFor(
  caller: ReturnType<Awaited<ReturnType<typeof startCnamed>>['client']>,
  pid: number,
  bytes: number,
  callers: number,
  seconds: number,
): Promise<Seen> {
  const body = Buffer.alloc(bytes, 'the same bytes for everyone. ');
  const cpuBefore = cpuSeconds(pid);
  const startedAt = performance.now();
  const until = startedAt + seconds * 1_000;
  let count = 0;
  const lane = async (number: number): Promise<void> => {
    for (let turn = 0; performance.now() < until; turn++) {
      // Each replaces an older one, so that the volume does not fill.
      const key = `upload-${number}-${turn % 8}`;
      await expectOk(caller.call({ method: 'PUT', bucket: firstBucket, key, body }));
      count += 1;
    }
  };
  await Promise.all(Array.from({ length: callers }, (_, number) => lane(number)));
  const elapsed = (performance.now() - startedAt) / 1_000;
  const cpu = Math.max(0.01, cpuSeconds(pid) - cpuBefore);
  return { perSecond: count / elapsed, mibPerCpuSecond: (count * bytes) / mebibyte / cpu };
}

function md5Rate(): string {
  const block = Buffer.alloc(64 * mebibyte);
  const startedAt = performance.now();
  createHash('md5').update(block).digest();
  return round(64 / ((performance.now() - startedAt) / 1_000));
}
