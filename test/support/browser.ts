/**
 * A real browser that npm brought along. Names lead to the loopback, and one test authority is
 * trusted by its public key; every other certificate is judged as the browser always does.
 */
import { createHash, createPublicKey, X509Certificate } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type BrowserContext, chromium } from 'playwright-core';

export interface OpenBrowser {
  readonly context: BrowserContext;
  close(): Promise<void>;
}

/**
 * The packaged browser is linked against libraries that a bare Debian does not have. The package
 * ships them too, but unpacks them only where it believes to run on its home platform.
 */
async function executable(): Promise<{ path: string; libraries: string }> {
  process.env.AWS_LAMBDA_JS_RUNTIME ??= 'nodejs22.x';
  const { default: packaged } = await import('@sparticuz/chromium');
  return { path: await packaged.executablePath(), libraries: join(tmpdir(), 'al2023', 'lib') };
}

/** `--ignore-certificate-errors-spki-list` takes the SHA-256 of the key, base64. */
function keyHash(certificatePem: string): string {
  const key = createPublicKey(
    new X509Certificate(certificatePem).publicKey.export({
      type: 'spki',
      format: 'pem',
    }),
  );
  return createHash('sha256')
    .update(key.export({ type: 'spki', format: 'der' }))
    .digest('base64');
}

export async function openBrowser(options: {
  /** `www.shop.test` → port; the browser asks for the name on its scheme's own port. */
  readonly hosts: Readonly<Record<string, number>>;
  /** PEM of the authority to trust. */
  readonly authorityPem: string;
}): Promise<OpenBrowser> {
  const { path, libraries } = await executable();
  const folder = await mkdtemp(join(tmpdir(), 'cnamed-browser-'));
  const rules = Object.entries(options.hosts).map(
    ([host, port]) => `MAP ${host} 127.0.0.1:${port}`,
  );
  const context = await chromium.launchPersistentContext(folder, {
    executablePath: path,
    headless: true,
    viewport: { width: 1_200, height: 760 },
    env: { ...process.env, LD_LIBRARY_PATH: libraries },
    args: [
      '--no-sandbox',
      '--no-zygote',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      `--host-resolver-rules=${[...rules, 'MAP * ~NOTFOUND'].join(', ')}`,
      `--ignore-certificate-errors-spki-list=${keyHash(options.authorityPem)}`,
    ],
  });
  return {
    context,
    async close() {
      await context.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
