/** Makes a public bucket and uploads a web site to it, with the official client. */
import { readdir } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import OSS from 'ali-oss';
import { readAccess, readWords } from './settings.ts';

const [bucket, folder] = readWords('BUCKET', 'FOLDER');
const { region, ...access } = readAccess();

const options = {
  ...access,
  bucket,
  // The client wants the region with its product in front.
  region: `oss-${region}`,
  authorizationV4: true,
  // Path style: right for localhost and for addresses without wildcard DNS.
  sldEnable: true,
};
const client = new OSS(options);

await client.putBucket(bucket);
await client.putBucketACL(bucket, 'public-read');
await client.putBucketWebsite(bucket, { index: 'index.html', error: '404.html' });

const entries = await readdir(folder, { recursive: true, withFileTypes: true });
for (const entry of entries.filter((each) => each.isFile())) {
  const path = join(entry.parentPath, entry.name);
  const key = relative(folder, path).split(sep).join('/');
  // The content type follows from the name.
  await client.put(key, path);
  console.log(`uploaded ${key}`);
}
