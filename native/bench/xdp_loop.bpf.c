// Sends one template over and over, as fast as the device takes it: destination, port, sequence and the
// checksums over them come from a table. No pacing.
// clang-format off: the helpers need the types of the first.
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
// clang-format on
#include <linux/if_ether.h>
#include <linux/ip.h>
#include <linux/tcp.h>

#include "bench/xdp_loop_fields.h"

struct {
  __uint(type, BPF_MAP_TYPE_ARRAY);
  __uint(map_flags, BPF_F_MMAPABLE);
  __uint(max_entries, XDP_LOOP_FIELDS);
  __type(key, __u32);
  __type(value, struct xdp_loop_fields);
} fields_map SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_ARRAY);
  __uint(map_flags, BPF_F_MMAPABLE);
  __uint(max_entries, 1);
  __type(key, __u32);
  __type(value, struct xdp_loop_counts);
} counts_map SEC(".maps");

// Set before the program is loaded.
const volatile int sending_device = 0;

SEC("xdp")
int send_template(struct xdp_md* ctx) {
  const __u32 first = 0;
  struct xdp_loop_counts* counts = bpf_map_lookup_elem(&counts_map, &first);
  struct ethhdr* ethernet = (void*)(long)ctx->data;
  struct iphdr* ip = (void*)(ethernet + 1);
  struct tcphdr* tcp = (void*)(ip + 1);
  if (!counts || (void*)(tcp + 1) > (void*)(long)ctx->data_end) return XDP_DROP;
  const __u32 index = counts->packets % XDP_LOOP_FIELDS;
  const struct xdp_loop_fields* fields = bpf_map_lookup_elem(&fields_map, &index);
  if (!fields) return XDP_DROP;
  ip->daddr = fields->destination;
  tcp->dest = fields->port;
  tcp->seq = fields->sequence;
  ip->check = fields->ip_checksum;
  tcp->check = fields->tcp_checksum;
  if (counts->packets++ == 0) counts->first_ns = bpf_ktime_get_ns();
  return bpf_redirect(sending_device, 0);
}

char loop_license[] SEC("license") = "MIT";
