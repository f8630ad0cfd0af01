/** Proves a domain and maps it: the loop that a program of your own would have. */
import { setTimeout as delay } from 'node:timers/promises';
// In a program of your own: from 'cnamed/client'.
import { CnameClient, CnameError } from '../src/client/index.ts';
import { readAccess, readWords } from './settings.ts';

const [bucket, domain] = readWords('BUCKET', 'DOMAIN');
const client = new CnameClient({ ...readAccess(), bucket, retries: 3 });

/** True when it is mapped, also when it was before; false while the proof is missing. */
async function isMapped(): Promise<boolean> {
  try {
    await client.putCname({ domain });
    return true;
  } catch (error) {
    if (!(error instanceof CnameError)) throw error;
    if (error.code !== 'NeedVerifyDomainOwnership') throw error;
    // Says what DNS showed: nothing, something else, or a resolver that failed.
    console.error(error.fields.Hint ?? error.message);
    return false;
  }
}

if (!(await isMapped())) {
  const { txtName, token } = await client.createCnameToken({ domain });
  console.log(`create this record: ${txtName} TXT ${token}`);
  const waits = [1, 2, 5, 10, 20, ...Array<number>(20).fill(30)];
  for (const seconds of waits) {
    await delay(seconds * 1000);
    if (await isMapped()) break;
  }
}

const { cnames } = await client.listCname();
const mapped = cnames.find((cname) => cname.domain === domain);
console.log(mapped ? `${domain} is ${mapped.status}` : `${domain} is not mapped yet; try again`);
process.exitCode = mapped ? 0 : 1;
