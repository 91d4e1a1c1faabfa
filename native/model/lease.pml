/* Leases: native/core/limit/token_lease.{h,cc} and their only holder, one isolate. renew() charges what was spent of
 * the last lease and takes one token; the leased tokens stay in the bucket; settle() charges what was spent.
 *
 * Time passes between any two steps of the holder. At some moment it moves the bucket into shared memory, and from then
 * on another isolate spends from the same word; or it dies. The monitor is that of cas_bucket.pml (`served`), fed with
 * the true times at which tokens are let go.
 */
#ifndef MUTANT
#define MUTANT 0
#endif

#define PRICE 2    /* ticks a token */
#define BURST 3    /* tokens */
#define CAPACITY (BURST * PRICE)
#define LARGEST 3  /* tokens of a lease, the one taken at once included */
#define HORIZON 9  /* ticks */
#define CALLS 5    /* requests of the holder */

#define MAX(a, b) ((a) > (b) -> (a) : (b))
#define MIN(a, b) ((a) < (b) -> (a) : (b))
#define AHEAD(word, now) ((word) > (now) -> (word) - (now) : 0)

byte word;
bool shared;
byte time;
byte served; /* when all that was let go is repaid: what the word would be had every token been asked for */

/* The lease: the word is right as soon as `spent` is charged. */
byte held;
byte spent;
byte leased_at;
byte room;

proctype clock() {
  do
  :: time < HORIZON -> time++
  :: time == HORIZON -> break
  od
}

/* In every window at most burst + rate * t. */
inline let_go() {
  served = MAX(served, time) + PRICE;
  assert(served - time <= CAPACITY)
}

/* The tokens of a lease are charged all at once, and once; never less than they were worth. */
inline charge() {
#if MUTANT == 1 /* charged as of the time of the lease */
  word = MAX(word, leased_at) + spent * PRICE;
#elif MUTANT == 4
  word = MAX(word, time) - MIN(AHEAD(word, time), (held - spent) * PRICE);
#else
  word = MAX(word, time) + spent * PRICE;
#endif
#if MUTANT == 2 /* charged, and not forgotten:
            granted is nothing that should not be, but tokens are lost */
  held = 0;
#else
  held = 0;
  spent = 0;
#endif
  /* At no time fuller than a bucket asked for each token; emptier by less than a lease, and that does not add up. */
  assert(AHEAD(word, time) >= AHEAD(served, time));
  assert(AHEAD(word, time) <= AHEAD(served, time) + (LARGEST - 1) * PRICE)
}

/* What the policy wants, at most what there is. */
inline choose_size() {
  if
  :: held = 0
  :: room >= PRICE -> held = 1
  :: room >= 2 * PRICE -> held = 2
  fi
}

inline renew() {
  charge();
  if
  :: AHEAD(word, time) + PRICE <= CAPACITY ->
    word = MAX(word, time) + PRICE;
    let_go();
    leased_at = time;
    room = CAPACITY - AHEAD(word, time);
#if MUTANT == 3 /* as many as are wanted, not as many as there are */
    held = LARGEST - 1;
#else
    choose_size();
#endif
#if MUTANT == 4 /* the leased tokens leave the bucket at once, and those not spent come back */
    word = word + held * PRICE;
#endif
    skip
  :: else
  fi
}

/* One token without a lease. */
inline take() {
  if
  :: AHEAD(word, time) + PRICE <= CAPACITY -> word = MAX(word, time) + PRICE; let_go()
  :: else
  fi
}

proctype holder() {
  byte calls = CALLS;
  do
  :: atomic { calls > 0 && held > spent -> calls--; spent++; let_go() } /* a decrement, no call */
  :: atomic { calls > 0 && !shared && held == spent -> calls--; renew() }
  :: atomic { held > 0 -> charge() } /* the end of a run of JavaScript, or any other method: settles */
  :: atomic { !shared ->
#if MUTANT != 5 /* moved while a lease is out */
      charge();
#endif
      shared = true
    }
  :: atomic { calls > 0 && shared && held == spent -> calls--; take() }
  :: break /* it dies, whatever it holds */
  od
}

/* The one the bucket is shared with: no leases. */
proctype other() {
  byte calls = BURST;
end:
  do
  :: atomic { shared && calls > 0 -> calls--; take() }
  :: calls == 0 -> break
  od
}

init {
  atomic {
    run clock();
    run holder();
    run other()
  }
}
