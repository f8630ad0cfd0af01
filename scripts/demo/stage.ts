/** Tells a story in numbered, timed steps: a tick for what went well, a cross for what did not. */
import { styleText } from 'node:util';

type Style = Parameters<typeof styleText>[0];

const width = 72;
/** At most 92 characters up to a space or the end. */
const foldable = /\S.{0,91}(?=\s|$)|\S+/g;
const clearLine = '\r\u001b[2K';

export class Stage {
  readonly #output = process.stdout;
  readonly #startedAt = performance.now();
  #count = 0;
  #details: string[] = [];

  line(text = '', style: Style = 'reset'): void {
    this.#output.write(`${this.#paint(style, text)}\n`);
  }

  /** Adds lines below the step that is running; long ones are folded. */
  show(text: string): void {
    for (const line of text.trimEnd().split('\n')) {
      if (line !== '') this.#details.push(...(line.match(foldable) ?? []));
    }
  }

  /** Runs `work` as one step and prints how long it took. Its failure ends the story. */
  async step<T>(title: string, work: () => Promise<T>): Promise<T> {
    this.#count++;
    this.#details = [];
    const heading = `${String(this.#count).padStart(2)}  ${title}`;
    if (this.#output.isTTY) this.#output.write(`  ${heading} ...`);
    const startedAt = performance.now();
    try {
      const result = await work();
      this.#end(heading, 'green', '✓', performance.now() - startedAt);
      return result;
    } catch (error) {
      this.#end(heading, 'red', '✗', performance.now() - startedAt);
      throw error;
    }
  }

  /** Milliseconds since the curtain rose. */
  elapsedMs(): number {
    return performance.now() - this.#startedAt;
  }

  #end(heading: string, style: Style, mark: string, ms: number): void {
    if (this.#output.isTTY) this.#output.write(clearLine);
    const dots = '.'.repeat(Math.max(3, width - heading.length));
    const time = `${Math.round(ms)} ms`.padStart(8);
    this.line(`${this.#paint(style, mark)} ${heading} ${this.#paint('dim', dots)}${time}`);
    for (const detail of this.#details) this.line(`       ${detail}`, 'dim');
  }

  #paint(style: Style, text: string): string {
    return styleText(style, text, { stream: this.#output });
  }
}
