// Counts the bare TCP SYNs over IPv4 that reach a device and drops all IPv4; the rest (ARP) passes.
// clang-format off: the helpers need the types of the first.
#include <linux/bpf.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>
// clang-format on
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/tcp.h>
#include <stdbool.h>

#include "bench/counter_counts.h"

struct {
  __uint(type, BPF_MAP_TYPE_ARRAY);
  __uint(map_flags, BPF_F_MMAPABLE);
  __uint(max_entries, 1);
  __type(key, __u32);
  __type(value, struct counter_counts);
} counts_map SEC(".maps");

// Set before the program is loaded.
const volatile int counted_verdict = XDP_DROP;

static bool is_probe(const struct iphdr* ip, const void* end) {
  const struct tcphdr* tcp = (const void*)(ip + 1);
  return (const void*)(tcp + 1) <= end && ip->protocol == IPPROTO_TCP && tcp->syn && !tcp->ack;
}

static void count(void) {
  const __u32 key = 0;
  struct counter_counts* counts = bpf_map_lookup_elem(&counts_map, &key);
  if (!counts) return;
  const __u64 now = bpf_ktime_get_ns();
  __sync_fetch_and_add(&counts->packets, 1);
  if (counts->first_ns == 0) counts->first_ns = now;
  counts->last_ns = now;
  __sync_fetch_and_add(&counts->per_ms[now / 1000000 % COUNTER_WINDOWS], 1);
}

SEC("xdp")
int count_probes(struct xdp_md* ctx) {
  const void* end = (const void*)(long)ctx->data_end;
  const struct ethhdr* ethernet = (const void*)(long)ctx->data;
  const struct iphdr* ip = (const void*)(ethernet + 1);
  if ((const void*)(ip + 1) > end || ethernet->h_proto != bpf_htons(ETH_P_IP)) return XDP_PASS;
  if (is_probe(ip, end)) count();
  return counted_verdict;
}

char counter_license[] SEC("license") = "MIT";
