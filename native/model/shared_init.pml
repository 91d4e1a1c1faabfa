/* How state in a mapped file comes to be: SharedState::over_file() (native/engine/sharing/shared_state.cc) over
 * SharedMemory (native/platform/linux/shared_memory.cc), step by step as there (names are the same).
 *
 * Every process may be killed between any two steps; the kernel then takes its file lock, and what it wrote stays. A
 * file lock that changes from exclusive to shared is let go of in between, as flock() does it.
 */
#ifndef MUTANT
#define MUTANT 0
#endif

#define PROCESSES 3
#define TRIES 2 /* attempts of each to attach: after that it gives up, as after 5 s */

mtype = { nothing, creating, relocking, ready };

/* The file. */
mtype mark = nothing;
byte creation;   /* which one made what is there */
bool whole;      /* the state behind the header */
bool lock_made;  /* the lock in the header */

/* flock() */
byte sharers;
bool exclusive;

/* The monitor. */
byte creations;
byte users;
byte used; /* the creation that users have in common */

#define MAY_DIE if :: true -> goto dead :: true fi

inline lock_file() {
#if MUTANT == 1 /* whoever finds nothing finished makes it, alone or not */
  atomic { !exclusive -> sharers++; holds = 1 }
  alone = mark != ready
#else
  if
  :: atomic { sharers == 0 && !exclusive -> exclusive = 1; holds = 2 }
  :: atomic { sharers > 0 && !exclusive -> sharers++; holds = 1 }
  fi;
  alone = holds == 2
#endif
}

/* By itself, or because it was killed. */
inline unlock() {
  if
  :: holds == 2 -> exclusive = 0
  :: holds == 1 -> sharers--
  :: else
  fi;
  holds = 0
}

/* Nobody uses what is made anew. */
inline make_anew() {
  atomic { assert(users == 0); mark = nothing; whole = 0; lock_made = 0; creation = 0 }
  MAY_DIE;
#if MUTANT == 2 /* nothing says that the state is not finished */
  mark = ready;
#else
  mark = creating;
#endif
  MAY_DIE;
  lock_made = 1;
  MAY_DIE;
  atomic { creations++; creation = creations; whole = 1 }
  MAY_DIE;
  mark = ready
}

/* The lock of the dead means somebody else today. */
inline make_lock_anew() {
  atomic {
    assert(users == 0);
#if MUTANT != 3 /* nothing says that the lock is not finished */
    mark = relocking
#endif
  }
  lock_made = 0;
  MAY_DIE;
  lock_made = 1;
  MAY_DIE;
  mark = ready
}

proctype process() {
  byte tries = TRIES;
  bool alone;
  byte holds; /* of the file lock: 1 shared, 2 exclusive */
again:
  if
  :: tries == 0 -> goto done
  :: else -> tries--
  fi;
  lock_file();
  if
  :: alone ->
    if
    :: mark == nothing || mark == creating -> make_anew()
    :: mark == ready || mark == relocking -> make_lock_anew()
    fi;
    /* admit_others() */
    atomic { unlock(); alone = 0 }
    MAY_DIE;
    atomic { !exclusive -> sharers++; holds = 1 }
#if MUTANT == 4 /* somebody else may have been alone in between, and have died */
    goto use
#endif
  :: else
  fi;
  if
  :: mark == ready
#if MUTANT == 5 /* a lock that is being made anew will do */
  :: mark == relocking
#endif
  :: else -> atomic { unlock(); goto again }
  fi;
use:
  atomic {
    /* Never a half-made state, and all who use it use the same. */
    assert(whole && lock_made);
    assert(users == 0 || used == creation);
    users++;
    used = creation
  }
  atomic {
    assert(whole && lock_made && used == creation);
    users--
  }
dead:
done:
  atomic { unlock() }
}

init {
  atomic {
    run process();
    run process();
    run process()
  }
}
