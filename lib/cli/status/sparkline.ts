// The rate of the last seconds as a row of small bars.

const BLOCKS = '▁▂▃▄▅▆▇█';
const ASCII = '.:-=+*%#';

/** Remembers one rate a second, for as many seconds as it has cells. */
export class Sparkline {
  readonly #cells: number;
  readonly #steps: string;
  #rates: number[] = [];
  #second = -1;

  /** @param isUnicode - what the terminal can show */
  constructor(cells: number, isUnicode: boolean) {
    this.#cells = cells;
    this.#steps = isUnicode ? BLOCKS : ASCII;
  }

  /** Takes the rate at a time of the scan; the last one of a second counts. */
  add(perSecond: number, elapsedMs: number): void {
    const second = Math.floor(elapsedMs / 1000);
    if (second === this.#second) this.#rates.pop();
    this.#second = second;
    this.#rates = [...this.#rates, perSecond].slice(-this.#cells);
  }

  /** Empty before there are two seconds to compare. @param asked - the rate of a full bar, unless more was sent */
  text(asked: number): string {
    if (this.#rates.length < 2) return '';
    const full = Math.max(asked, ...this.#rates);
    const top = this.#steps.length - 1;
    const step = (rate: number): string => this.#steps[Math.round((rate / full) * top)] ?? '';
    return this.#rates.map(step).join('');
  }
}

/** Does the locale say that the terminal shows UTF-8? */
export function showsUnicode(environment: NodeJS.ProcessEnv): boolean {
  const { LC_ALL, LC_CTYPE, LANG, WT_SESSION } = environment;
  const locale = [LC_ALL, LC_CTYPE, LANG].find((name) => name !== undefined && name !== '');
  return /utf-?8/i.test(locale ?? '') || WT_SESSION !== undefined;
}
