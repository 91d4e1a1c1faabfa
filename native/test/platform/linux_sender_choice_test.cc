// Linux only: it needs network namespaces and XDP.
#ifdef __linux__

#include <doctest/doctest.h>

#include "engine/scan/sender_choice.h"
#include "platform/error.h"
#include "platform/private_network.h"
#include "platform/xdp_peer.h"

using namespace pacegate;
using namespace pacegate::platform;
using namespace pacegate::platform::test;

namespace {

/// Backends and notes, e.g. "xdp rawip: note; note".
std::string chosen(const std::vector<Interface>& interfaces, Backend backend, double rate) {
  std::vector<const Interface*> devices;
  for (const Interface& each : interfaces) devices.push_back(&each);
  const SenderChoice choice = open_senders(devices, backend, rate);
  std::string text;
  for (const auto& sender : choice.senders) {
    if (!text.empty()) text += ' ';
    text += sender->backend();
  }
  for (const std::string& note : choice.notes) text += ": " + note;
  return text;
}

constexpr double kSlow = 400'000;
constexpr double kFast = 400'001;

}  // namespace

TEST_SUITE("sender choice") {
  TEST_CASE("P5 auto takes xdp above 400 000 packets a second, where every device can") {
    in_private_network([] {
      const Wire wire;
      const AttachedXdp peer(wire.far(), xdp_always(XDP_DROP));
      const Interface lo = find_interface("lo");
      CHECK(chosen({wire.near()}, Backend::automatic, kSlow) == "packet");
      CHECK(chosen({wire.near()}, Backend::automatic, kFast) == "xdp");
      CHECK(chosen({wire.near()}, Backend::packet, kFast) == "packet");
      CHECK(chosen({wire.near(), lo}, Backend::automatic, kSlow) == "packet rawip");
      CHECK(
          chosen({wire.near(), lo}, Backend::automatic, kFast) ==
          "packet rawip: the rate asked is more than packet may reach, and xdp cannot be used: lo "
          "carries no Ethernet frames");
    });
  }

  TEST_CASE(
      "P5 xdp that is asked for and impossible is replaced, device by device, and it says why") {
    in_private_network([] {
      const Wire wire;
      const AttachedXdp peer(wire.far(), xdp_always(XDP_DROP));
      CHECK(chosen({wire.near(), find_interface("lo")}, Backend::xdp, kSlow) ==
            "xdp rawip: cannot send through XDP on lo: lo carries no Ethernet frames; sending with "
            "rawip");
      const std::string refused = chosen({wire.far()}, Backend::xdp, kSlow);
      CHECK(refused.starts_with("packet: cannot send through XDP on far: the other end of far "));
    });
  }

  TEST_CASE("P5 a device that nothing can send on is an error, whatever was asked for") {
    in_private_network([] {
      const Wire wire;
      run("ip link set near down");
      for (const Backend backend : {Backend::xdp, Backend::automatic, Backend::packet}) {
        CHECK_THROWS_AS((void)chosen({wire.near()}, backend, kFast), PlatformError);
      }
    });
  }
}

#endif
