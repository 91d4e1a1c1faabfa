// The XDP engine: answers a probe on the core that received it, in the frame that brought it.
#include "responder/bpf_neighbour.h"
#include "responder/bpf_wire.h"

struct {
  __uint(type, BPF_MAP_TYPE_ARRAY);
  __uint(map_flags, BPF_F_MMAPABLE);
  __uint(max_entries, 1);
  __type(key, __u32);
  __type(value, struct responder_settings);
} settings_map SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_ARRAY);
  __uint(map_flags, BPF_F_MMAPABLE);
  __uint(max_entries, 1);
  __type(key, __u32);
  __type(value, struct responder_counters);
} counters_map SEC(".maps");

// Probes a pair, two pairs an element: elements are of 8 bytes at least. Sized before it is loaded.
struct {
  __uint(type, BPF_MAP_TYPE_ARRAY);
  __uint(map_flags, BPF_F_MMAPABLE);
  __uint(max_entries, 1);
  __type(key, __u32);
  __type(value, __u64);
} pairs_map SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_ARRAY);
  __uint(map_flags, BPF_F_MMAPABLE);
  __uint(max_entries, 1);
  __type(key, __u32);
  __type(value, __u64);
} arrivals_map SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_LRU_HASH);
  __uint(max_entries, 1 << 16);
  __type(key, struct truth_address);
  __type(value, __u64);
} limits_map SEC(".maps");

struct context {
  struct xdp_md* ctx;
  const struct responder_settings* settings;
  struct responder_counters* counters;
};

#define COUNT(field) __sync_fetch_and_add(&(field), 1)

INLINE void count_pair(struct context* c, __u32 pair) {
  const __u32 element = pair >> 1;
  __u32* counts = bpf_map_lookup_elem(&pairs_map, &element);
  if (pair == ~0U || !counts) {
    COUNT(c->counters->outside);
  } else if (COUNT(counts[pair & 1]) == 0) {
    COUNT(c->counters->distinct);
  }
}

/// A limit is the word of one core at a time: a veth has one queue. With several it may err by a probe a core.
INLINE int admits(const struct responder_settings* settings, const struct truth_address* target,
                  __u64 now_ns) {
  const struct responder_limit* limit = &settings->limit;
  if (limit->period_ns == 0) return 1;
  struct truth_address key;
  responder_limit_key_of(limit, target, &key);
  __u64* known = bpf_map_lookup_elem(&limits_map, &key);
  if (known) return responder_admits(limit, known, now_ns);
  const __u64 first = now_ns + limit->period_ns;
  bpf_map_update_elem(&limits_map, &key, &first, BPF_ANY);
  return 1;
}

INLINE int prohibit(struct context* c, const struct truth_address* target) {
  return target->family == 6 ? prohibit_v6(c->ctx, &c->settings->router_v6)
                             : prohibit_v4(c->ctx, &c->settings->router);
}

INLINE int answer(struct context* c, const struct truth_address* target, __u32 hash) {
  const __u32 kind = truth_kind_of(&c->settings->shares, hash);
  if (kind == TRUTH_SILENT) {
    COUNT(c->counters->silent);
    return XDP_DROP;
  }
  if (kind == TRUTH_PROHIBITED) {
    COUNT(c->counters->prohibited);
    return prohibit(c, target);
  }
  const int open = kind == TRUTH_OPEN;
  if (open) {
    COUNT(c->counters->open);
  } else {
    COUNT(c->counters->closed);
  }
  return target->family == 6 ? answer_v6(c->ctx, open, hash) : answer_v4(c->ctx, open, hash);
}

INLINE int take(struct context* c, const struct truth_address* target, const struct tcphdr* tcp) {
  const struct responder_settings* settings = c->settings;
  const __u32 place = responder_prefix_of(settings, target);
  if (place >= settings->prefixes || place >= RESPONDER_MAX_PREFIXES) return XDP_PASS;
  if (!tcp->syn || tcp->ack || tcp->rst || tcp->fin) {
    COUNT(c->counters->strangers);
    return XDP_DROP;
  }
  const __u32 port = bpf_ntohs(tcp->dest);
  const __u64 number = COUNT(c->counters->received);
  const __u64 now_ns = bpf_ktime_get_ns();
  if (number < settings->arrivals) {
    const __u32 index = number;
    __u64* arrival = bpf_map_lookup_elem(&arrivals_map, &index);
    if (arrival) *arrival = now_ns;
  }
  if (settings->ports != 0) {
    count_pair(c, responder_pair(settings, &settings->prefix[place], target, port));
  }
  if (truth_per_mille(truth_chance_of(settings->key, CHANCE_LOSS, number)) < settings->loss) {
    COUNT(c->counters->lost);
    return XDP_DROP;
  }
  if (!admits(settings, target, now_ns)) {
    if (settings->limit.over == OVER_DROP) {
      COUNT(c->counters->limited);
      return XDP_DROP;
    }
    COUNT(c->counters->complained);
    return prohibit(c, target);
  }
  return answer(c, target, truth_hash(settings->key, target, port));
}

INLINE int take_v4(struct context* c) {
  if (!HOLDS(struct probe_v4, c->ctx)) return XDP_PASS;
  const struct probe_v4* probe = AT(struct probe_v4, c->ctx);
  if (probe->ip.ihl != 5 || probe->ip.protocol != IPPROTO_TCP) return XDP_PASS;
  const struct truth_address target = {.family = 4, .word = {bpf_ntohl(probe->ip.daddr)}};
  return take(c, &target, &probe->tcp);
}

INLINE int take_v6(struct context* c) {
  if (!HOLDS(struct probe_v6, c->ctx)) return XDP_PASS;
  const struct probe_v6* probe = AT(struct probe_v6, c->ctx);
  if (probe->ip.nexthdr == IPPROTO_ICMPV6) {
    const int verdict = answer_solicitation(c->ctx, c->settings);
    if (verdict == XDP_TX) COUNT(c->counters->neighbours);
    return verdict;
  }
  if (probe->ip.nexthdr != IPPROTO_TCP) return XDP_PASS;
  struct truth_address target = {.family = 6};
  for (int i = 0; i < 4; ++i) target.word[i] = bpf_ntohl(probe->ip.daddr.s6_addr32[i]);
  return take(c, &target, &probe->tcp);
}

SEC("xdp")
int respond(struct xdp_md* ctx) {
  const __u32 only = 0;
  struct context c = {.ctx = ctx,
                      .settings = bpf_map_lookup_elem(&settings_map, &only),
                      .counters = bpf_map_lookup_elem(&counters_map, &only)};
  if (!c.settings || !c.counters || !HOLDS(struct ethhdr, ctx)) return XDP_PASS;
  switch (AT(struct ethhdr, ctx)->h_proto) {
    case bpf_htons(ETH_P_IP):
      return take_v4(&c);
    case bpf_htons(ETH_P_IPV6):
      return take_v6(&c);
    case bpf_htons(ETH_P_ARP): {
      const int verdict = answer_arp(ctx, c.settings);
      if (verdict == XDP_TX) COUNT(c.counters->neighbours);
      return verdict;
    }
    default:
      return XDP_PASS;
  }
}

/// For the other end of a veth pair: frames sent by XDP arrive only where a program is attached.
SEC("xdp")
int pass(struct xdp_md* ctx) {
  (void)ctx;
  return XDP_PASS;
}

char program_license[] SEC("license") = "Dual MIT/GPL";
