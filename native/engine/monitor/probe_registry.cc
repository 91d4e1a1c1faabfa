#include "engine/monitor/probe_registry.h"

#include <array>
#include <atomic>
#include <optional>

#include "core/cache_line.h"
#include "core/scan/probe_cookie.h"

namespace pacegate {
namespace {

/// One mark that changes hands: a sequence lock with one writer, the owner of the place. Every word
/// is stored with release and read with acquire, so a reader that meets a new word also meets the
/// version that announced it.
class alignas(kCacheLine) Place {
 public:
  bool try_take() noexcept { return !taken_.exchange(true, std::memory_order_acquire); }
  void give_back() noexcept { taken_.store(false, std::memory_order_release); }

  /// Owner. \param mark source port 0: none
  void write(const ProbeMark& mark) noexcept {
    version_.fetch_add(1, std::memory_order_relaxed);
    port_.store(mark.source_port, std::memory_order_release);
    k0_.store(mark.cookie_key.k0, std::memory_order_release);
    k1_.store(mark.cookie_key.k1, std::memory_order_release);
    version_.fetch_add(1, std::memory_order_release);
  }

  /// \return the mark when it is of this port. Absent while it changes: the sender has just come or
  /// is just going.
  [[nodiscard]] std::optional<ProbeMark> read(std::uint16_t source_port) const noexcept {
    const std::uint32_t before = version_.load(std::memory_order_acquire);
    if (port_.load(std::memory_order_acquire) != source_port || before % 2 != 0) {
      return std::nullopt;
    }
    const SipKey key{k0_.load(std::memory_order_acquire), k1_.load(std::memory_order_acquire)};
    if (version_.load(std::memory_order_relaxed) != before) return std::nullopt;
    return ProbeMark{source_port, key};
  }

 private:
  std::atomic<bool> taken_{false};
  std::atomic<std::uint16_t> port_{0};
  std::atomic<std::uint32_t> version_{0};  ///< odd while the words are being written
  std::atomic<std::uint64_t> k0_{0};
  std::atomic<std::uint64_t> k1_{0};
};

// Of the process, not of an environment: a scan may run in one worker, the monitor in another.
constinit std::array<Place, ProbeRegistration::kMax> places;
/// Places from here on have never been taken: what is read with every error stays short.
constinit std::atomic<unsigned> places_end{0};

void extend_places(unsigned end) noexcept {
  unsigned seen = places_end.load(std::memory_order_relaxed);
  while (seen < end && !places_end.compare_exchange_weak(seen, end, std::memory_order_release,
                                                         std::memory_order_relaxed)) {
  }
}

}  // namespace

ProbeRegistration::ProbeRegistration(const ProbeMark& mark) noexcept {
  while (place_ < kMax && !places[place_].try_take()) ++place_;
  if (place_ == kMax) return;
  places[place_].write(mark);
  extend_places(place_ + 1);
}

ProbeRegistration::~ProbeRegistration() {
  if (place_ == kMax) return;
  places[place_].write({});
  places[place_].give_back();
}

QuoteOrigin origin_of_quote(const packet::IcmpError& error) noexcept {
  if (error.quoted_protocol != packet::kProtocolTcp || error.quoted_source_port == 0) {
    return QuoteOrigin::foreign;
  }
  QuoteOrigin origin = QuoteOrigin::foreign;
  const unsigned end = places_end.load(std::memory_order_acquire);
  for (unsigned i = 0; i < end; ++i) {
    const auto mark = places[i].read(error.quoted_source_port);
    if (!mark) continue;
    const std::uint32_t cookie =
        probe_cookie(mark->cookie_key, error.quoted_source, error.quoted_destination,
                     error.quoted_source_port, error.quoted_destination_port);
    if (cookie == error.quoted_sequence) return QuoteOrigin::genuine;
    origin = QuoteOrigin::forged;
  }
  return origin;
}

}  // namespace pacegate
