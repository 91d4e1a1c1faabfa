/** The calls that a half-open breaker lets through to try. */
export class Trials {
  readonly #limit: number;
  #underWay = 0;
  #successes = 0;
  #round = 0;
  #abandoned = 0;

  /** @param limit - how many have to succeed */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Whether some have begun and not ended. */
  get areUnderWay(): boolean {
    return this.#underWay > 0;
  }

  /** Whether another may begin: no more than can be of use. */
  get mayBegin(): boolean {
    return this.#underWay + this.#successes < this.#limit;
  }

  /** Which round a trial that begins now is of; grows when trials are given up. */
  get round(): number {
    return this.#round;
  }

  /** How many were ever given up. */
  get abandoned(): number {
    return this.#abandoned;
  }

  begin(): void {
    this.#underWay++;
  }

  /** One of `round` has ended: it frees its place, unless that was taken from it. */
  end(round: number): void {
    if (round === this.#round) this.#underWay--;
  }

  /** @returns whether enough have succeeded */
  succeed(): boolean {
    return ++this.#successes >= this.#limit;
  }

  /** Takes their places from those under way; their results still count. */
  giveUp(): void {
    this.#abandoned += this.#underWay;
    this.#underWay = 0;
    this.#round++;
  }

  clear(): void {
    this.#underWay = 0;
    this.#successes = 0;
  }
}
