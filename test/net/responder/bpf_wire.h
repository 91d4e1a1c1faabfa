/// \file
/// A probe turned round in place, for the XDP program. Every function leaves a frame of a fixed length: then the
/// verifier, the checksums and the reader have the least to do.
#pragma once

// clang-format off: <linux/types.h>, which all of these bring in, comes before libbpf's headers.
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/tcp.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>
// clang-format on

#include "responder/settings.h"

#define INLINE static inline __attribute__((always_inline))
#define ICMP_UNREACHABLE 3
#define ICMP_PROHIBITED 13
#define ICMPV6_UNREACHABLE 1
#define ICMPV6_PROHIBITED 1
#define QUOTED_TRANSPORT \
  8  // RFC 792: as much as it promises, and enough for ports and sequence number
#define ANSWER_HOPS 64

// <linux/icmp.h> brings in the C library, which has no headers for this target.
struct icmp {
  __u8 type, code;
  __sum16 checksum;
  __be32 rest;
};

struct pseudo_v4 {
  __be32 source, destination;
  __be16 protocol, length;
};

struct pseudo_v6 {
  struct in6_addr source, destination;
  __be32 length, protocol;
};

struct probe_v4 {
  struct ethhdr ethernet;
  struct iphdr ip;
  struct tcphdr tcp;
} __attribute__((packed));

struct probe_v6 {
  struct ethhdr ethernet;
  struct ipv6hdr ip;
  struct tcphdr tcp;
} __attribute__((packed));

struct error_v4 {
  struct ethhdr ethernet;
  struct iphdr ip;
  struct icmp icmp;
  struct iphdr quoted;
  __u8 quoted_transport[QUOTED_TRANSPORT];
} __attribute__((packed));

struct error_v6 {
  struct ethhdr ethernet;
  struct ipv6hdr ip;
  struct icmp icmp;
  struct ipv6hdr quoted;
  __u8 quoted_transport[QUOTED_TRANSPORT];
} __attribute__((packed));

#define AT(type, ctx) ((type*)(long)(ctx)->data)
#define HOLDS(type, ctx) ((void*)(AT(type, ctx) + 1) <= (void*)(long)(ctx)->data_end)

INLINE __sum16 folded(__u32 sum) {
  sum = (sum & 0xffff) + (sum >> 16);
  sum = (sum & 0xffff) + (sum >> 16);
  return (__sum16)~sum;
}

INLINE __u32 sum_of(void* words, __u32 bytes, __u32 sum) {
  return (__u32)bpf_csum_diff(0, 0, words, bytes, sum);
}

INLINE int cut_to(struct xdp_md* ctx, __u32 bytes) {
  const __u32 length = ctx->data_end - ctx->data;
  return bpf_xdp_adjust_tail(ctx, (int)bytes - (int)length) == 0 ? XDP_TX : XDP_DROP;
}

INLINE void turn_ethernet(struct ethhdr* ethernet) {
  __u8 mac[ETH_ALEN];
  __builtin_memcpy(mac, ethernet->h_dest, ETH_ALEN);
  __builtin_memcpy(ethernet->h_dest, ethernet->h_source, ETH_ALEN);
  __builtin_memcpy(ethernet->h_source, mac, ETH_ALEN);
}

/// SYN-ACK for an open port, RST for a closed one; checksum and addresses are the caller's.
INLINE void answer_tcp(struct tcphdr* tcp, int open, __u32 sequence) {
  const __be16 port = tcp->source;
  const __be32 acknowledged = bpf_htonl(bpf_ntohl(tcp->seq) + 1);
  tcp->source = tcp->dest;
  tcp->dest = port;
  tcp->seq = open ? sequence : 0;
  tcp->ack_seq = acknowledged;
  // Data offset, flags and window, then checksum and urgent pointer.
  ((__be32*)tcp)[3] = bpf_htonl(open ? 0x50120400 : 0x50140000);
  ((__be32*)tcp)[4] = 0;
}

INLINE void write_ip_v4(struct iphdr* ip, __be32 source, __be32 destination, __u8 protocol,
                        __u16 bytes) {
  ip->version = 4;
  ip->ihl = 5;
  ip->tos = 0;
  ip->tot_len = bpf_htons(bytes);
  ip->id = 0;
  ip->frag_off = bpf_htons(0x4000);
  ip->ttl = ANSWER_HOPS;
  ip->protocol = protocol;
  ip->check = 0;
  ip->saddr = source;
  ip->daddr = destination;
  ip->check = folded(sum_of(ip, sizeof *ip, 0));
}

INLINE void write_ip_v6(struct ipv6hdr* ip, const struct in6_addr* source,
                        const struct in6_addr* destination, __u8 protocol, __u16 payload_bytes) {
  *(__be32*)ip = bpf_htonl(0x60000000);
  ip->payload_len = bpf_htons(payload_bytes);
  ip->nexthdr = protocol;
  ip->hop_limit = ANSWER_HOPS;
  ip->saddr = *source;
  ip->daddr = *destination;
}

INLINE __u32 pseudo_sum_v6(const struct ipv6hdr* ip) {
  struct pseudo_v6 pseudo = {.source = ip->saddr,
                             .destination = ip->daddr,
                             .length = bpf_htonl(bpf_ntohs(ip->payload_len)),
                             .protocol = bpf_htonl(ip->nexthdr)};
  return sum_of(&pseudo, sizeof pseudo, 0);
}

INLINE int answer_v4(struct xdp_md* ctx, int open, __u32 sequence) {
  if (!HOLDS(struct probe_v4, ctx)) return XDP_DROP;
  struct probe_v4* probe = AT(struct probe_v4, ctx);
  turn_ethernet(&probe->ethernet);
  write_ip_v4(&probe->ip, probe->ip.daddr, probe->ip.saddr, IPPROTO_TCP,
              sizeof probe->ip + sizeof probe->tcp);
  answer_tcp(&probe->tcp, open, sequence);
  struct pseudo_v4 pseudo = {.source = probe->ip.saddr,
                             .destination = probe->ip.daddr,
                             .protocol = bpf_htons(IPPROTO_TCP),
                             .length = bpf_htons(sizeof probe->tcp)};
  const __u32 sum = sum_of(&pseudo, sizeof pseudo, 0);
  probe->tcp.check = folded(sum_of(&probe->tcp, sizeof probe->tcp, sum));
  return cut_to(ctx, sizeof *probe);
}

INLINE int answer_v6(struct xdp_md* ctx, int open, __u32 sequence) {
  if (!HOLDS(struct probe_v6, ctx)) return XDP_DROP;
  struct probe_v6* probe = AT(struct probe_v6, ctx);
  const struct in6_addr target = probe->ip.daddr;
  const struct in6_addr asker = probe->ip.saddr;
  turn_ethernet(&probe->ethernet);
  write_ip_v6(&probe->ip, &target, &asker, IPPROTO_TCP, sizeof probe->tcp);
  answer_tcp(&probe->tcp, open, sequence);
  const __u32 sum = pseudo_sum_v6(&probe->ip);
  probe->tcp.check = folded(sum_of(&probe->tcp, sizeof probe->tcp, sum));
  return cut_to(ctx, sizeof *probe);
}

/// ICMP 3/13, "communication administratively prohibited", quoting the probe.
INLINE int prohibit_v4(struct xdp_md* ctx, const struct truth_address* router) {
  if (!HOLDS(struct probe_v4, ctx)) return XDP_DROP;
  struct ethhdr ethernet = AT(struct probe_v4, ctx)->ethernet;
  if (bpf_xdp_adjust_head(ctx, -(int)(sizeof(struct iphdr) + sizeof(struct icmp)))) return XDP_DROP;
  if (!HOLDS(struct error_v4, ctx)) return XDP_DROP;
  struct error_v4* error = AT(struct error_v4, ctx);
  turn_ethernet(&ethernet);
  error->ethernet = ethernet;
  const __be32 complainer = router->family == 4 ? bpf_htonl(router->word[0]) : error->quoted.daddr;
  write_ip_v4(&error->ip, complainer, error->quoted.saddr, IPPROTO_ICMP,
              sizeof *error - sizeof error->ethernet);
  __builtin_memset(&error->icmp, 0, sizeof error->icmp);
  error->icmp.type = ICMP_UNREACHABLE;
  error->icmp.code = ICMP_PROHIBITED;
  error->icmp.checksum =
      folded(sum_of(&error->icmp, sizeof *error - sizeof error->ethernet - sizeof error->ip, 0));
  return cut_to(ctx, sizeof *error);
}

/// ICMPv6 1/1.
INLINE int prohibit_v6(struct xdp_md* ctx, const struct truth_address* router) {
  if (!HOLDS(struct probe_v6, ctx)) return XDP_DROP;
  struct ethhdr ethernet = AT(struct probe_v6, ctx)->ethernet;
  if (bpf_xdp_adjust_head(ctx, -(int)(sizeof(struct ipv6hdr) + sizeof(struct icmp)))) {
    return XDP_DROP;
  }
  if (!HOLDS(struct error_v6, ctx)) return XDP_DROP;
  struct error_v6* error = AT(struct error_v6, ctx);
  turn_ethernet(&ethernet);
  error->ethernet = ethernet;
  struct in6_addr complainer = error->quoted.daddr;
  if (router->family == 6) {
    for (int i = 0; i < 4; ++i) complainer.s6_addr32[i] = bpf_htonl(router->word[i]);
  }
  const struct in6_addr asker = error->quoted.saddr;
  write_ip_v6(&error->ip, &complainer, &asker, IPPROTO_ICMPV6,
              sizeof *error - sizeof error->ethernet - sizeof error->ip);
  __builtin_memset(&error->icmp, 0, sizeof error->icmp);
  error->icmp.type = ICMPV6_UNREACHABLE;
  error->icmp.code = ICMPV6_PROHIBITED;
  const __u32 bytes = sizeof *error - sizeof error->ethernet - sizeof error->ip;
  error->icmp.checksum = folded(sum_of(&error->icmp, bytes, pseudo_sum_v6(&error->ip)));
  return cut_to(ctx, sizeof *error);
}
