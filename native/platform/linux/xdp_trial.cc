#include "platform/linux/xdp_trial.h"

#include <linux/if_ether.h>

#include <algorithm>
#include <cstddef>

#include "core/time.h"
#include "platform/clock.h"
#include "platform/waiter.h"

namespace pacegate::platform {
namespace {

constexpr std::ptrdiff_t kTypeAt = 12;
constexpr std::uint8_t kLocalExperimental[] = {0x88, 0xb5};
// Refusals are read ten times a second where programs may not count them.
constexpr int kRefusalMs = 250;

void write_trial_frame(std::span<std::uint8_t> frame, const packet::MacAddress& mac) {
  std::fill_n(frame.begin(), ETH_ZLEN, std::uint8_t{0});
  std::copy(mac.bytes.begin(), mac.bytes.end(), frame.begin());
  std::copy(mac.bytes.begin(), mac.bytes.end(), frame.begin() + ETH_ALEN);
  std::copy_n(kLocalExperimental, ETH_TLEN, frame.begin() + kTypeAt);
}

}  // namespace

bool takes_redirected_frames(PacketSender& sender, const Interface& interface) {
  write_trial_frame(sender.slot(0), interface.mac);
  sender.set_length(0, ETH_ZLEN);
  sender.set_departure(0, 0);
  if (sender.send(0, 1).accepted == 0) return false;
  LatencyHistogram gaps;
  std::uint64_t left = 0;
  for (int waited_ms = 0; waited_ms < kRefusalMs; ++waited_ms) {
    Waiter().wait_until(monotonic_ns() + kNsPerMs);
    const Departures departures = sender.take_departures(gaps);
    if (departures.refused > 0) return false;
    left += departures.left;
  }
  return left > 0;
}

}  // namespace pacegate::platform
