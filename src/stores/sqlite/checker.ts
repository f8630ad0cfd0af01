/** The thread behind `checkInBackground`: one check, one message if something is wrong. */
import { parentPort, workerData } from 'node:worker_threads';
import { openForReading } from './connection.ts';
import { messageOf } from './failures.ts';
import { checkIntegrity } from './integrity.ts';

const connection = openForReading(workerData as string);
try {
  checkIntegrity(connection);
} catch (error) {
  parentPort?.postMessage(messageOf(error));
} finally {
  connection.close();
}
