/**
 * Hands a renewed certificate to the server: what a robot does after each renewal. No proof is
 * asked for again, no request fails, and the same certificate twice changes nothing.
 */
import { readFile } from 'node:fs/promises';
// In a program of your own: from 'cnamed/client'.
import { CnameClient } from '../src/client/index.ts';
import { readAccess, readWords } from './settings.ts';

const [bucket, domain, chainFile, keyFile] = readWords('BUCKET', 'DOMAIN', 'CHAIN', 'KEY');
const client = new CnameClient({ ...readAccess(), bucket, retries: 3 });

await client.putCname({
  domain,
  certificateConfiguration: {
    certificate: await readFile(chainFile, 'utf8'),
    privateKey: await readFile(keyFile, 'utf8'),
    // Whatever is bound now. Use `previousCertId` where two programs might renew at once.
    force: true,
  },
});

const { cnames } = await client.listCname();
const certificate = cnames.find((cname) => cname.domain === domain)?.certificate;
console.log(`${domain} serves ${certificate?.certId}`);
console.log(`SHA-1 ${certificate?.fingerprint}`);
console.log(`valid until ${certificate?.validEndDate?.toISOString()}`);
