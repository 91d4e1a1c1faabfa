/* What xdp_loop.cc and its program in the kernel share; C, because one of them is. */
#pragma once

#include <linux/types.h>

#define XDP_LOOP_FIELDS 65536U

/* As they stand in the frame. */
struct xdp_loop_fields {
  __u32 destination;
  __u32 sequence;
  __u16 port;
  __u16 ip_checksum;
  __u16 tcp_checksum;
  __u16 unused;
};

struct xdp_loop_counts {
  __u64 packets;
  __u64 first_ns; /* monotonic; 0 until the first packet */
};
