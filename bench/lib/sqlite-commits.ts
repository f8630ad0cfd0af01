import { join } from 'node:path';
import SqliteDatabase from 'better-sqlite3';
import { type Report, round } from './report.ts';

/** About what a mapping writes: its row, the change, the audit record. */
const rowBytes = 600;

/** What SQLite by itself commits on this disk, durably as the server does. */
export function bareCommits(folder: string, seconds: number): Report {
  const rows = [1, 64].map((inOne) => {
    const connection = new SqliteDatabase(join(folder, `bare-${inOne}.db`));
    connection.pragma('journal_mode = WAL');
    connection.pragma('synchronous = FULL');
    connection.exec('create table facts (number integer primary key, fact text not null)');
    const insert = connection.prepare('insert into facts (fact) values (?)');
    const fact = 'x'.repeat(rowBytes);
    const commit = connection.transaction(() => {
      for (let count = 0; count < inOne; count++) insert.run(fact);
    });
    const cpuBefore = process.cpuUsage();
    const startedAt = performance.now();
    let commits = 0;
    for (; performance.now() - startedAt < seconds * 1000; commits++) commit();
    const elapsed = (performance.now() - startedAt) / 1000;
    const { user, system } = process.cpuUsage(cpuBefore);
    connection.close();
    const count = commits * inOne;
    return [
      `${inOne}`,
      round(commits / elapsed),
      round(count / elapsed),
      round(count / ((user + system) / 1e6)),
    ];
  });
  return {
    title: 'SQLite by itself, each transaction with its fsync',
    head: [
      'rows in one transaction',
      'transactions per second',
      'rows per second',
      'rows per CPU second',
    ],
    rows,
    notes: [],
  };
}
