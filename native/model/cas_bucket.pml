/* The token bucket as one word: the loops of native/core/limit/token_bucket.{h,cc} (take(), give_back()) in three
 * threads that take, take and refund, reserve and use, or reserve and cancel.
 *
 * A thread acts on a clock reading up to LAG ticks old; the clock may stand still. The monitor is a bucket of endless
 * size in true time: `served` is the tick at which all that was granted so far is repaid. That one number stands for
 * all windows: served - time is the largest of (granted in the window) * PRICE - (its length) over all windows that
 * end now (Lindley's recursion), so a bound on it is the bound in every window. A refund counts as granted less when
 * it is made; a reservation counts when it is due; one cancelled before that does not count at all.
 */
#ifndef MUTANT
#define MUTANT 0
#endif

#define PRICE 2    /* ticks a token */
#define CAPACITY 4 /* ticks: a burst of two tokens */
#define AHEAD_MAX 2 /* ticks that a reservation may wait */
#define LAG 1      /* ticks */
#define HORIZON 3  /* ticks */

#define MAX(a, b) ((a) > (b) -> (a) : (b))
#define MIN(a, b) ((a) < (b) -> (a) : (b))
#define AHEAD(word, now) ((word) > (now) -> (word) - (now) : 0)

byte word;

/* The world and the monitor. */
byte time;
byte latest[3]; /* ticks: how far time may go on while a thread acts, or before its reservation is due */
byte served;
byte reference; /* the word if the same requests had come one after the other */
byte writes;    /* exchanges that succeeded */
byte waiting;   /* reservations that are not due yet */

#define MAY_PASS(i) (latest[i] == 0 || time < latest[i])

proctype clock() {
  do
  :: atomic { time < HORIZON && MAY_PASS(0) && MAY_PASS(1) && MAY_PASS(2) -> time++ }
  :: time == HORIZON -> break
  od
}

/* In every window at most burst + rate * (t + lag). */
inline grant() {
  served = MAX(served, time) + cost * PRICE;
  assert(served - time <= CAPACITY + LAG)
}

/* Only what was granted: a cancelled reservation was not. */
inline count_back() {
  if
  :: minds -> served = time + AHEAD(served, time) - MIN(AHEAD(served, time), cost * PRICE)
  :: else
  fi
}

inline read_clock() {
  now = time;
  latest[me] = now + LAG
}

inline load() {
#if MUTANT == 3 /* a failed exchange does not load the word again */
  if
  :: failed
  :: else -> seen = word
  fi;
#else
  seen = word;
#endif
  version = writes
}

/* compare_exchange(seen, next), which goes to `otherwise` when it fails. */
inline exchange(otherwise) {
#if MUTANT == 1 /* check, then store */
  word = next;
#else
  if
#if MUTANT == 2 /* a failed exchange goes on with the old decision */
  :: word != seen -> seen = word; word = next
#elif MUTANT == 3
  :: word != seen -> assert(writes != version); failed = 1; goto otherwise
#else
  :: word != seen -> assert(writes != version); goto otherwise /* failed: so another one succeeded */
#endif
  :: else -> word = next
  fi;
#endif
  writes++
}

proctype requester(byte me; byte wait; bit refunds) {
  byte cost, now, seen, next, version;
  bit minds, failed;
  atomic {
    if
    :: cost = 1
    :: cost = 2
    fi;
    read_clock()
  }
take:
  atomic {
    load();
#if MUTANT == 4 /* the word follows an old clock reading back */
    next = now + cost * PRICE;
#else
    next = MAX(seen, now) + cost * PRICE;
#endif
    if
#if MUTANT == 5 /* judged by what was spent before, not by what is spent then */
    :: AHEAD(seen, now) > CAPACITY + wait ->
#else
    :: next - now > CAPACITY + wait ->
#endif
      goto refused
    :: else
    fi
  }
  atomic {
    exchange(take);
    reference = MAX(reference, now) + cost * PRICE;
    assert(word == reference); /* nobody's charge is lost */
    if
    :: wait > 0 && next > time + CAPACITY -> latest[me] = next - CAPACITY /* due */; waiting++
    :: else -> grant(); latest[me] = 0; goto granted
    fi
  }
  if
  :: atomic { time == latest[me] -> waiting--; grant(); goto done }
  :: atomic { time == HORIZON && time < latest[me] -> goto done } /* the world ends before */
  :: atomic { time < latest[me] -> waiting--; goto cancel }
  fi;
granted:
  if
  :: goto done
  :: refunds -> minds = 1
  fi;
cancel:
  atomic { read_clock(); failed = 0 }
give_back:
  atomic {
    load();
#if MUTANT == 7 /* beyond full */
    next = (seen > cost * PRICE -> seen - cost * PRICE : 0);
#else
    next = now + AHEAD(seen, now) - MIN(AHEAD(seen, now), cost * PRICE);
#endif
    if
    :: AHEAD(seen, now) == 0 -> count_back(); goto done
    :: else
    fi
  }
  atomic {
#if MUTANT != 8 /* nobody moves up those who have reserved meanwhile */
    if
    :: waiting > 0 -> goto done
    :: else
    fi;
#endif
    exchange(give_back);
    reference = (reference > now -> now + (reference - now) - MIN(reference - now, cost * PRICE) : reference);
    assert(word == reference);
    count_back();
    goto done
  }

refused:
#if MUTANT == 6 /* a refusal writes */
  word = MAX(seen, now);
#endif
  skip;
done:
  atomic { latest[me] = 0; cost = 0; now = 0; seen = 0; next = 0; version = 0; minds = 0; failed = 0 }
}

init {
  atomic {
    run clock();
    run requester(0, 0, 1);
    run requester(1, AHEAD_MAX, 0);
    run requester(2, AHEAD_MAX, 0)
  }
}
