/** A link to a private object on the mapped domain, good for ten minutes. Asks no server. */
import OSS from 'ali-oss';
import { readAccess, readWords } from './settings.ts';

const secondsGood = 600;

const [bucket, domain, key] = readWords('BUCKET', 'DOMAIN', 'OBJECT');
const { region, accessKeyId, accessKeySecret } = readAccess();

const client = new OSS({
  accessKeyId,
  accessKeySecret,
  bucket,
  region: `oss-${region}`,
  authorizationV4: true,
  // The endpoint is the domain itself, and the bucket is not put in front of it.
  endpoint: `https://${domain}`,
  cname: true,
});

console.log(await client.signatureUrlV4('GET', secondsGood, {}, key));
