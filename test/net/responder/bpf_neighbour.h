/// \file
/// ARP and NDP questions answered in place, for the XDP program.
#pragma once

#include "responder/bpf_wire.h"

struct arp_question {
  struct ethhdr ethernet;
  __be16 hardware, protocol;
  __u8 hardware_length, protocol_length;
  __be16 operation;
  __u8 sender_mac[ETH_ALEN];
  __be32 sender;
  __u8 target_mac[ETH_ALEN];
  __be32 target;
} __attribute__((packed));

/// With the one option that a kernel and a scanner send along, which the answer needs the room of.
struct solicitation {
  struct ethhdr ethernet;
  struct ipv6hdr ip;
  struct icmp icmp;
  struct in6_addr target;
  __u8 option_type, option_length;
  __u8 option_mac[ETH_ALEN];
} __attribute__((packed));

#define ARP_REQUEST 1
#define ARP_REPLY 2
#define NDP_SOLICITATION 135
#define NDP_ADVERTISEMENT 136
#define NDP_TARGET_LINK_LAYER 2
#define NDP_HOPS 255

INLINE int answer_arp(struct xdp_md* ctx, const struct responder_settings* settings) {
  if (!HOLDS(struct arp_question, ctx)) return XDP_PASS;
  struct arp_question* question = AT(struct arp_question, ctx);
  const struct truth_address target = {.family = 4, .word = {bpf_ntohl(question->target)}};
  if (question->operation != bpf_htons(ARP_REQUEST) ||
      responder_prefix_of(settings, &target) >= settings->prefixes) {
    return XDP_PASS;
  }
  const __be32 asker = question->sender;
  turn_ethernet(&question->ethernet);
  __builtin_memcpy(question->ethernet.h_source, settings->mac, ETH_ALEN);
  question->operation = bpf_htons(ARP_REPLY);
  __builtin_memcpy(question->target_mac, question->sender_mac, ETH_ALEN);
  __builtin_memcpy(question->sender_mac, settings->mac, ETH_ALEN);
  question->sender = question->target;
  question->target = asker;
  return XDP_TX;
}

INLINE int answer_solicitation(struct xdp_md* ctx, const struct responder_settings* settings) {
  if (!HOLDS(struct solicitation, ctx)) return XDP_PASS;
  struct solicitation* question = AT(struct solicitation, ctx);
  struct truth_address target = {.family = 6};
  for (int i = 0; i < 4; ++i) target.word[i] = bpf_ntohl(question->target.s6_addr32[i]);
  if (question->icmp.type != NDP_SOLICITATION ||
      responder_prefix_of(settings, &target) >= settings->prefixes) {
    return XDP_PASS;
  }
  const struct in6_addr asker = question->ip.saddr;
  const struct in6_addr asked = question->target;
  turn_ethernet(&question->ethernet);
  __builtin_memcpy(question->ethernet.h_source, settings->mac, ETH_ALEN);
  const __u32 bytes = sizeof *question - sizeof question->ethernet - sizeof question->ip;
  write_ip_v6(&question->ip, &asked, &asker, IPPROTO_ICMPV6, bytes);
  question->ip.hop_limit = NDP_HOPS;
  __builtin_memset(&question->icmp, 0, sizeof question->icmp);
  question->icmp.type = NDP_ADVERTISEMENT;
  question->icmp.rest = bpf_htonl(0x60000000);  // solicited, override
  question->option_type = NDP_TARGET_LINK_LAYER;
  question->option_length = 1;
  __builtin_memcpy(question->option_mac, settings->mac, ETH_ALEN);
  question->icmp.checksum = folded(sum_of(&question->icmp, bytes, pseudo_sum_v6(&question->ip)));
  return cut_to(ctx, sizeof *question);
}
