// What stages need built before they can run: each once, one after another, ahead of their turn where a stage that
// mostly waits leaves the processors free.
export class Preparation {
  #made = new Map();
  #last = Promise.resolve();

  /** Begins what none of `stages` has begun; whoever runs meanwhile goes first. */
  ahead(stages) {
    for (const stage of stages) void this.#begin(stage, { niced: true }).catch(() => {});
  }

  /** What `stage.prepare()` returned; nothing for a stage that needs nothing. Rejects as it did. */
  of(stage) {
    return this.#begin(stage, {});
  }

  #begin(stage, options) {
    if (!stage.prepare) return Promise.resolve();
    let made = this.#made.get(stage);
    if (!made) {
      made = this.#last.then(() => stage.prepare(options));
      this.#made.set(stage, made);
      this.#last = made.catch(() => {});
    }
    return made;
  }
}

/** Stages in their order, those side by side that are `together`: [[a], [b, c]]. */
export function lanes(stages) {
  const all = [];
  for (const stage of stages) {
    const before = all.at(-1);
    if (stage.together && before?.[0].together === stage.together) before.push(stage);
    else all.push([stage]);
  }
  return all;
}
