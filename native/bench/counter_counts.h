/* What the counting program in the kernel and its reader share; C, because one of them is. */
#pragma once

#include <linux/types.h>

/* 65 s of milliseconds; a power of two. Counts of a later turn are added to those of the one before. */
#define COUNTER_WINDOWS 65536U

struct counter_counts {
  __u64 packets;
  __u64 first_ns; /* monotonic; 0 when nothing has come */
  __u64 last_ns;
  __u64 per_ms[COUNTER_WINDOWS];
};
