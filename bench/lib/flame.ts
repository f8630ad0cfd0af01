/** A flame graph as a picture that needs nothing else: width is time, callers are below. */
import type { Frame, ThreadProfile } from './profiles.ts';

const width = 1_200;
const rowHeight = 15;
const fontSize = 10;
/** Narrower ones are left out: they could not be seen. */
const widthMin = 1.5;
/** Deeper ones are left out; what is there is counted with those that call it. */
const depthMax = 48;
const characterWidth = 5.6;

const colors: readonly (readonly [RegExp, string])[] = [
  [/^src\//, '#7fb3e6'],
  [/^package /, '#b8a1e3'],
  [/^Node: /, '#f2c572'],
  [/^native/, '#ec8f7a'],
  [/^garbage/, '#a8a8a8'],
];

const escapeXml = (text: string) =>
  text.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`);

interface Box {
  readonly x: number;
  readonly width: number;
  readonly depth: number;
  readonly frame: Frame;
}

function boxesOf(root: Frame, x: number, perMicro: number, depth: number): Box[] {
  const boxes: Box[] = [];
  let at = x;
  for (const frame of [...root.below.values()].sort((one, other) => other.total - one.total)) {
    const wide = frame.total * perMicro;
    if (wide < widthMin || depth > depthMax) continue;
    boxes.push({ x: at, width: wide, depth, frame }, ...boxesOf(frame, at, perMicro, depth + 1));
    at += wide;
  }
  return boxes;
}

/** All threads beside each other, each as wide as the time it was at work. */
export function drawFlames(title: string, threads: readonly ThreadProfile[]): string {
  const sum = threads.reduce((total, { root }) => total + root.total, 0);
  const perMicro = width / Math.max(1, sum);
  const boxes: Box[] = [];
  let at = 0;
  for (const { name, root } of threads) {
    const top: Frame = { ...root, name, group: 'thread', place: '', below: root.below };
    const all: Frame = { ...root, below: new Map([[name, top]]) };
    boxes.push(...boxesOf(all, at, perMicro, 0));
    at += root.total * perMicro;
  }
  const deepest = Math.max(...boxes.map(({ depth }) => depth));
  const height = (deepest + 3) * rowHeight;
  const drawn = boxes.map((box) => drawBox(box, height, sum));
  const legend = 'blue: src, violet: packages, yellow: Node, red: native, grey: garbage collection';
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" font-family="monospace" font-size="${fontSize}">
<title>${escapeXml(title)}</title>
<rect width="100%" height="100%" fill="#fff"/>
<text x="4" y="12" font-size="12">${escapeXml(title)} (${legend})</text>
${drawn.join('\n')}
</svg>
`;
}

function drawBox({ x, width: wide, depth, frame }: Box, height: number, sum: number): string {
  const y = height - (depth + 1) * rowHeight;
  const color = colors.find(([pattern]) => pattern.test(frame.group))?.[1] ?? '#ddd';
  const share = ((frame.total * 100) / sum).toFixed(1);
  const room = Math.floor((wide - 4) / characterWidth);
  const label = room < 4 ? '' : frame.name.slice(0, room);
  const text = label
    ? `<text x="${(x + 2).toFixed(1)}" y="${y + 11}">${escapeXml(label)}</text>`
    : '';
  const about = `${frame.name} ${frame.place}`.trim();
  return (
    `<g><title>${escapeXml(about)}: ${share} %</title><rect x="${x.toFixed(1)}" y="${y}" ` +
    `width="${Math.max(0.5, wide - 0.5).toFixed(1)}" height="${rowHeight - 1}" fill="${color}"/>${text}</g>`
  );
}
