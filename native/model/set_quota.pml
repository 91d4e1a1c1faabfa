/* The token bucket whose quota changes while it is used: native/core/limit/token_bucket.{h,cc}, step by step as there
 * (names are the same): close, swap, reopen; whoever finds the bucket closed for long overtakes.
 *
 * One setter at a time. It may be killed between any two steps, and the next starts from what it left; anybody may
 * stall between any two steps for as long as it likes. What is proven, and the mutants: README.md.
 */
#ifndef MUTANT
#define MUTANT 0
#endif

#define HORIZON 1 /* ticks */
#define REQUESTS 2
#define CLOSINGS 2 /* of two changes; one that is overtaken leaves one for the next */

#define MAX(a, b) ((a) > (b) -> (a) : (b))
#define MIN(a, b) ((a) < (b) -> (a) : (b))
#define AHEAD(tat, now) ((tat) > (now) -> (tat) - (now) : 0)
/* A debt at `from` ticks a token as one at `to`, rounded up; at most an empty bucket. */
#define SCALED(debt, from, to, size) MIN(((debt) * (to) + (from) - 1) / (from), size)

/* A closed word is one that no debt is; it tells the generation that is being left. */
#define CLOSED 64
#define IS_CLOSED(word) ((word) >= CLOSED)
#if MUTANT == 1 /* all closings look alike */
#define CLOSED_WORD(generation) (CLOSED + ((generation) & 1))
#else
#define CLOSED_WORD(generation) (CLOSED + (generation))
#endif

byte tat;
byte generation;
byte price[2];    /* ticks a token */
byte capacity[2]; /* ticks of a full bucket */
byte before_closing;
byte after_closing;

/* The world and the monitor. */
byte time;
byte true_price; /* the quota in force: that of the last swap */
byte true_capacity;
byte true_tat; /* the reference: the same bucket, sequential */

proctype clock() {
  do
  :: time < HORIZON -> time++
  :: time == HORIZON -> break
  od
}

/* Reopens a bucket in the place of the one who closed it. */
inline overtake() {
  atomic { at = generation; swapped = (at ^ closed) & 1 }
  if
#if MUTANT == 2 /* as it was before, also when the quota has been swapped */
  :: open = before_closing
#else
  :: !swapped -> open = before_closing
  :: swapped -> open = after_closing
#endif
  fi;
  if
  :: tat != closed -> goto look
  :: else
  fi;
  /* Keeps the quota, and makes the swap of the one who closed it fail. */
#if MUTANT != 4
  atomic {
    if
    :: generation != at -> goto look
    :: else -> generation = at + 2
    fi
  }
#endif
  atomic {
    if
#if MUTANT == 3 /* whoever overtakes reopens whatever is there now */
    :: true -> tat = open
#else
    :: tat == closed -> tat = open
    :: else
#endif
    fi
  }
}

proctype requester(byte left) {
  byte cost, now, g, t, p, c, known_p, known_c, at, closed, open;
  bit swapped;
  bool right;
  do
  :: left > 0 ->
    atomic {
      left--;
      if
      :: cost = 1
      :: cost = 2
      fi;
      now = time
    }
look:
    atomic { t = 0; p = 0; c = 0; known_p = 0; known_c = 0; at = 0; closed = 0; open = 0; swapped = 0; right = 0; g = generation }
    atomic { t = tat; known_p = true_price; known_c = true_capacity }
    if
    :: IS_CLOSED(t) ->
      closed = t;
      if
      :: tat != closed -> goto look /* awaits the opening, */
      :: overtake(); goto look /* or has waited long enough */
      fi
    :: else
    fi;
    p = price[g & 1];
    c = capacity[g & 1];
#if MUTANT != 6 /* a slot that is being rewritten goes unnoticed */
    if
    :: generation != g -> goto look
    :: else
    fi;
#endif
    if
    :: AHEAD(t, now) + cost * p > c ->
      /* Refused by the quota that the word belongs to, whole. */
      assert(p == known_p && c == known_c)
    :: else ->
#if MUTANT == 7 /* check, then store */
      if
      :: tat != t -> goto look
      :: else
      fi;
      atomic {
#else
      atomic {
        if
        :: tat != t -> goto look
        :: else
        fi;
#endif
        tat = MAX(t, now) + cost * p;
        right = p == true_price && c == true_capacity;
        if
        :: right ->
          true_tat = MAX(true_tat, now) + cost * p;
          /* In every window at most burst + rate * t, by the clock readings. */
          assert(true_tat <= now + true_capacity)
        :: else
        fi
      }
#if MUTANT != 8 /* nobody asks whether two changes brought the word back */
      if
      :: generation != g -> goto look /* what was taken stays charged */
      :: else
      fi;
#endif
      /* Granted, and charged, by the quota in force at its CAS. */
      assert(right)
    fi
  :: left == 0 -> break
  od
}

/* From (2, 4) to the first, then to one of the others; pieces of two of them are none. */
inline choose_quota() {
  if
  :: changes == 1 -> p = 1; c = 2
  :: changes == 0 -> p = 2; c = 2
  :: changes == 0 -> p = 2; c = 4
  fi
}

#define MAY_DIE if :: goto die :: true fi
#define FORGET g = 0; before = 0; closed = 0; now = 0; open = 0; at = 0; swapped = 0; closed_at = 0

proctype setter() {
  byte changes = 2, closings = CLOSINGS, p, c, g, before, closed, now, open, at, closed_at;
  bit swapped;
die: /* the next one begins */
  do
  :: changes > 0 ->
    atomic { FORGET; changes--; choose_quota() }
look:
    atomic {
      FORGET;
      if
      :: closings == 0 -> break
      :: else
      fi
    }
    /* ---- close() */
#if MUTANT == 5 /* the clock is read before the bucket is closed */
    now = time;
#endif
    before = tat;
    if
    :: IS_CLOSED(before) -> closed = before; overtake(); goto look
    :: else
    fi;
    g = generation;
    price[1 - (g & 1)] = p;
    atomic { capacity[1 - (g & 1)] = c; MAY_DIE }
    atomic { before_closing = before; closed = CLOSED_WORD(g); MAY_DIE }
    atomic {
      if
      :: tat != before -> goto look
      :: else -> tat = closed; closings--; closed_at = time
      fi;
      MAY_DIE
    }
    /* ---- swap_and_reopen() */
    atomic {
#if MUTANT != 5
      now = time;
#endif
      open = now + SCALED(AHEAD(before, now), price[g & 1], p, c);
      now = MAX(now, closed_at) /* for the monitor */
    }
    atomic { after_closing = open; MAY_DIE }
#if MUTANT != 9 /* the generation moves without a question */
    atomic {
      if
      :: generation != g -> goto overtaken
      :: else
      fi;
#else
    atomic {
#endif
      generation = g + 1;
      /* It counts from the reading on: nothing was granted since the closing. */
      true_tat = now + SCALED(AHEAD(true_tat, now), true_price, p, c);
      true_price = p;
      true_capacity = c;
      MAY_DIE
    }
    atomic {
#if MUTANT == 10 /* who closed it reopens whatever is there now */
      tat = open;
#else
      if
      :: tat == closed -> tat = open
      :: else
      fi;
#endif
      goto die
    }
overtaken:
    goto look /* which overtakes, as somebody else is about to */
  :: changes == 0 -> break
  od
}

init {
  atomic {
    price[0] = 2;
    capacity[0] = 4;
    price[1] = 2;
    capacity[1] = 4;
    true_price = 2;
    true_capacity = 4;
    run clock();
    run requester(REQUESTS);
    run setter()
  }
}
