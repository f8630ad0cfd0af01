/**
 * What is going on while a person waits: one line that changes on a terminal, elsewhere a line for
 * each change, so that a log stays readable.
 */
import type { Timers } from '../world/index.ts';
import type { Output } from './types.ts';

const frames = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'];
const frameMs = 100;
const clearLine = '\r\u001b[2K';

export class Progress {
  readonly #output: Output;
  readonly #timers: Timers;
  #text = '';
  #frame = 0;
  #stop: (() => void) | undefined;

  constructor(output: Output, timers: Timers) {
    this.#output = output;
    this.#timers = timers;
  }

  /** Shows `text` until the next one. The same text again changes nothing. */
  say(text: string): void {
    if (text === this.#text) return;
    this.#text = text;
    if (!this.#output.isTTY) {
      this.#output.write(`${text}\n`);
      return;
    }
    this.#stop ??= this.#timers.every(frameMs, () => this.#draw());
    this.#draw();
  }

  /** Ends the changing line; `text` stays in its place. */
  finish(text?: string): void {
    this.#stop?.();
    this.#stop = undefined;
    if (this.#output.isTTY && this.#text !== '') this.#output.write(clearLine);
    if (text !== undefined && text !== this.#text) this.#output.write(`${text}\n`);
    this.#text = '';
  }

  #draw(): void {
    this.#frame = (this.#frame + 1) % frames.length;
    this.#output.write(`${clearLine}${frames[this.#frame]} ${this.#text}`);
  }
}
