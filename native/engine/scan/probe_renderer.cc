#include "engine/scan/probe_renderer.h"

#include "core/scan/probe_cookie.h"

namespace pacegate {

ProbeRenderer::ProbeRenderer(const ScanContext& context,
                             const std::vector<NeighbourTable>& neighbours,
                             std::uint16_t source_port)
    : context_(context), neighbours_(neighbours), source_port_(source_port) {
  for (const Path& path : context.network.paths) {
    const Link& link = context.network.links[path.link];
    packet::SynRoute route{.source = path.source,
                           .source_port = source_port,
                           .hop_limit = 64,
                           .ethernet = std::nullopt};
    // The destination MAC is patched per probe: on a link every target has its own.
    if (link.sender->takes_ethernet()) {
      route.ethernet = packet::EthernetPair{link.interface.mac, packet::MacAddress{}};
    }
    templates_.emplace_back(route);
  }
}

ProbeRenderer::Aim ProbeRenderer::aim(std::uint64_t position) const {
  Aim aim;
  aim.target = context_.plan.at(context_.order.map(position));
  if (aim.target.route == kNoRoute) return aim;
  const Path& path = context_.network.paths[aim.target.route];
  if (context_.network.links[path.link].sender->takes_ethernet()) {
    aim.next_hop = neighbours_[path.link].find(next_hop(path, aim.target.address));
    if (aim.next_hop == nullptr) {
      aim.why_not = Reason::host_unreach;
      return aim;
    }
  }
  aim.reachable = true;
  return aim;
}

std::size_t ProbeRenderer::render(const Aim& aim, std::span<std::uint8_t> frame) const {
  const packet::SynTemplate& syn = templates_[aim.target.route];
  const Path& path = context_.network.paths[aim.target.route];
  const std::uint32_t cookie = probe_cookie(context_.options.cookie_key, path.source,
                                            aim.target.address, source_port_, aim.target.port);
  const packet::SynProbe probe{.destination = aim.target.address,
                               .destination_port = aim.target.port,
                               .sequence = cookie,
                               .ip_id = static_cast<std::uint16_t>(cookie >> 16)};
  return aim.next_hop != nullptr ? syn.render(probe, *aim.next_hop, frame)
                                 : syn.render(probe, frame);
}

}  // namespace pacegate
