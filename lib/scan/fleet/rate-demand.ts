// How much of the rate a member can use, judged by what it made of its part.

/** A member that sends less than this part of what it may has no use for more. */
const WELL_USED = 0.8;
/** What one that uses little asks for beyond it, and what it asks for at the least, of the whole rate. */
const ROOM = 1.25;
const LEAST = 0.01;
/** So many looks in a row: the beginning and the end of a shard are no lasting need. */
const LOOKS = 3;

/** Looks at the packets sent between one message to the store and the next. */
export class RateDemand {
  #atMs = 0;
  #sent = 0;
  #idleLooks = 0;

  /**
   * @param sent - packets since the beginning
   * @param rate - packets a second that were permitted since the last look; Infinity when it was not the rate that mattered
   * @param limit - what to ask for at the most
   * @returns packets a second to ask for
   */
  look(nowMs: number, sent: number, rate: number, limit: number): number {
    const seconds = (nowMs - this.#atMs) / 1000;
    const used = seconds > 0 ? (sent - this.#sent) / seconds : rate;
    this.#atMs = nowMs;
    this.#sent = sent;
    // A packet more or less must not decide.
    const isIdle = used * seconds + 2 < rate * seconds * WELL_USED;
    this.#idleLooks = isIdle ? this.#idleLooks + 1 : 0;
    return this.#idleLooks < LOOKS ? limit : Math.min(Math.max(used * ROOM, limit * LEAST), limit);
  }
}
