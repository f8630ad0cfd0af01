/**
 * A real site of many pages: the documentation that the package `pino` ships, rendered from its
 * Markdown, with working links and a navigation. Every link is relative, so the site works in path
 * style, on a bucket's own host and on a mapped domain alike. The demo and the browser test share
 * it.
 */
import { readdir, readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { basename, dirname, join } from 'node:path';
import { Marked } from 'marked';

export interface SiteFile {
  readonly key: string;
  readonly contentType: string;
  readonly bytes: Buffer;
}

export interface Site {
  readonly files: readonly SiteFile[];
  readonly indexKey: string;
  readonly errorKey: string;
}

interface Page {
  readonly key: string;
  readonly title: string;
  readonly markdown: string;
}

const indexKey = 'index.html';
const errorKey = '404.html';
const html = 'text/html; charset=utf-8';

/** Reads and renders all pages; the order is that of the navigation. */
export async function buildSite(): Promise<Site> {
  const folder = dirname(createRequire(import.meta.url).resolve('pino/package.json'));
  const pages = await readPages(folder);
  const files = pages.map((page) => fileOf(page.key, html, renderPage(page, pages)));
  const lost: Page = {
    key: errorKey,
    title: 'No such page',
    markdown: '# No such page\n\nThe page is not here. The [front page](README.md) is.',
  };
  return {
    files: [
      ...files,
      fileOf(errorKey, html, renderPage(lost, pages)),
      fileOf('style.css', 'text/css; charset=utf-8', style),
      {
        key: 'favicon.ico',
        contentType: 'image/x-icon',
        bytes: await readFile(join(folder, 'favicon.ico')),
      },
      {
        key: 'LICENSE',
        contentType: 'text/plain; charset=utf-8',
        bytes: await readFile(join(folder, 'LICENSE')),
      },
    ],
    indexKey,
    errorKey,
  };
}

function fileOf(key: string, contentType: string, text: string): SiteFile {
  return { key, contentType, bytes: Buffer.from(text, 'utf8') };
}

async function readPages(folder: string): Promise<Page[]> {
  const names = (await readdir(join(folder, 'docs'))).filter((name) => name.endsWith('.md')).sort();
  const paths = ['README.md', ...names.map((name) => `docs/${name}`)];
  return Promise.all(
    paths.map(async (path) => {
      const markdown = await readFile(join(folder, path), 'utf8');
      return { key: keyOf(path), title: titleOf(markdown, path), markdown };
    }),
  );
}

function keyOf(path: string): string {
  return path === 'README.md' ? indexKey : path.replace(/\.md$/, '.html');
}

function titleOf(markdown: string, path: string): string {
  if (path === 'README.md') return 'Pino';
  const heading = /^#+ +(.+)$/m.exec(markdown)?.[1] ?? basename(path, '.md');
  return heading.replace(/<[^>]*>|[`*]/g, '').trim();
}

function renderPage(page: Page, pages: readonly Page[]): string {
  const up = page.key.includes('/') ? '../' : '';
  const marked = new Marked({ gfm: true });
  marked.use({
    renderer: {
      // Pictures are badges and banners from other servers; the site must be whole without them.
      image: () => '',
      heading({ tokens, depth, text }) {
        const inner = this.parser.parseInline(tokens);
        return `<h${depth} id="${slugOf(text)}">${inner}</h${depth}>\n`;
      },
      link({ href, tokens }) {
        const inner = this.parser.parseInline(tokens);
        if (inner === '') return '';
        const target = targetOf(href, page.key, up);
        // A link of the original that leads nowhere (it has one) stays text.
        return target === undefined ? inner : `<a href="${escapeHtml(target)}">${inner}</a>`;
      },
    },
  });
  const links = pages.map(({ key, title }) => {
    const current = key === page.key ? ' aria-current="page"' : '';
    return `<li><a href="${up}${key}"${current}>${escapeHtml(title)}</a></li>`;
  });
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(page.title)}</title>
<link rel="icon" href="${up}favicon.ico">
<link rel="stylesheet" href="${up}style.css">
</head>
<body>
<nav><ul>${links.join('\n')}</ul></nav>
<main>
${marked.parse(page.markdown, { async: false })}
</main>
</body>
</html>
`;
}

/** Links between pages become relative ones to their rendered form; addresses stay as they are. */
function targetOf(href: string, from: string, up: string): string | undefined {
  const [, path = '', fragment = ''] = /^([^#]*)(#.*)?$/.exec(href) ?? [];
  if (path === '' || /^[a-z]+:/i.test(path)) return href;
  const fromRoot = path.startsWith('/') || path.startsWith('docs/');
  const folder = fromRoot || path === 'README.md' ? '' : dirname(from).replace(/^\.$/, '');
  const file = join('/', folder, path).slice(1);
  if (file.endsWith('.md')) return `${up}${keyOf(file)}${fragment}`;
  return file === 'LICENSE' ? `${up}${file}` : undefined;
}

function slugOf(text: string): string {
  return text
    .toLowerCase()
    .replace(/<[^>]*>|[^a-z0-9 _-]/g, '')
    .trim()
    .replaceAll(' ', '-');
}

function escapeHtml(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}

const style = `:root { color-scheme: light dark; --edge: #8884; --ink: #17663a; }
* { box-sizing: border-box; }
body { margin: 0; display: grid; grid-template-columns: 15rem minmax(0, 1fr);
  font: 16px/1.6 system-ui, sans-serif; }
nav { position: sticky; top: 0; height: 100vh; overflow: auto; padding: 1.5rem 1rem;
  border-right: 1px solid var(--edge); }
nav ul { list-style: none; margin: 0; padding: 0; }
nav a { display: block; padding: .25rem .75rem; border-radius: .4rem; text-decoration: none;
  color: inherit; }
nav a[aria-current] { background: var(--ink); color: #fff; }
main { max-width: 52rem; padding: 1rem 3rem 4rem; }
main a { color: var(--ink); }
pre { overflow: auto; padding: 1rem; border: 1px solid var(--edge); border-radius: .5rem; }
code { font: .9em ui-monospace, monospace; }
table { border-collapse: collapse; }
th, td { border: 1px solid var(--edge); padding: .3rem .7rem; text-align: left; }
@media (max-width: 50rem) { body { display: block; } nav { position: static; height: auto;
  border: 0; } main { padding: 1rem; } }
`;
