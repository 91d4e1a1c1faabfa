/// \file
/// Targets that are known to answer, asked again and again: when they fall silent, packets are lost.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "core/ip_address.h"
#include "core/scan/rtt_estimator.h"
#include "core/scan/siphash.h"

namespace pacegate {

/// What the capture threads tell of known responders.
struct CanaryNews {
  enum class Kind : std::uint8_t {
    responder,  ///< a target has answered a probe of the scan
    answer,     ///< to a canary
    refusal,    ///< an ICMP error about a canary
  };
  IpAddress address;
  std::uint16_t port = 0;
  Kind kind = Kind::responder;
  std::uint64_t position = 0;
  std::uint64_t at_ns = 0;
};

/// What became of the canaries of one trial.
struct CanaryCount {
  std::uint64_t sent = 0;
  std::uint64_t answered = 0;
  std::uint64_t lost = 0;
  /// Sums of round trips by third of the trial, and how many.
  std::uint64_t early_rtt_ns = 0;
  std::uint64_t early = 0;
  std::uint64_t late_rtt_ns = 0;
  std::uint64_t late = 0;

  [[nodiscard]] std::uint64_t decided() const { return answered + lost; }
};

/// A thousand places, each target hashed to one of them: whoever comes later takes the place of a target
/// that fails, and nobody else's. A target that does not answer is lost once, and counts again only after
/// it has answered; after three failures it is forgotten. The sending thread's.
class CanaryTable {
 public:
  /// \param key decides about places, so that nobody can crowd others out
  explicit CanaryTable(const SipKey& key);

  void take(const CanaryNews& news);

  /// The next to be asked, which counts as sent at `departure_ns`; absent when nobody is ready.
  /// \return its position
  [[nodiscard]] std::optional<std::uint64_t> next(std::uint64_t departure_ns);
  /// It could not be sent after all.
  void take_back() noexcept;

  /// Begins to count. \param third_ns a third of the time for which canaries will be sent
  void begin_trial(std::uint64_t now_ns, std::uint64_t third_ns) noexcept;
  /// What is sent from now on counts no longer; what is on its way does.
  void end_trial() noexcept { counting_ = false; }
  [[nodiscard]] const CanaryCount& count() const noexcept { return count_; }

  /// Gives up those that were sent `timeout_ns` before `heard_ns`, the time before which all answers have
  /// been taken.
  void expire(std::uint64_t heard_ns, std::uint64_t timeout_ns);

  [[nodiscard]] std::size_t size() const noexcept { return size_; }
  [[nodiscard]] const RttEstimator& rtt() const noexcept { return rtt_; }

 private:
  struct Entry {
    IpAddress address;
    std::uint16_t port = 0;
    bool is_known = false;
    bool is_asked = false;
    std::uint8_t failures = 0;  // in a row
    std::uint32_t trial = 0;    // in which it was asked; 0 for none that counts
    std::uint64_t position = 0;
    std::uint64_t sent_ns = 0;
  };
  struct Asked {
    std::uint32_t place = 0;
    std::uint64_t sent_ns = 0;
  };

  [[nodiscard]] Entry& place_of(const IpAddress& address, std::uint16_t port);
  void learn(const CanaryNews& news);
  void settle(Entry& entry, const CanaryNews& news);
  void fail(Entry& entry);
  void note_rtt(const Entry& entry, std::uint64_t rtt_ns);

  SipKey key_;
  std::vector<Entry> entries_;
  std::vector<Asked>
      asked_;  // a ring, oldest first; one place each, and room for those that answered
  std::uint64_t asked_begin_ = 0;
  std::uint64_t asked_end_ = 0;
  std::size_t size_ = 0;
  std::uint32_t turn_ = 0;
  RttEstimator rtt_;
  CanaryCount count_;
  std::uint32_t trial_ = 0;
  std::uint64_t trial_start_ns_ = 0;
  std::uint64_t third_ns_ = 0;
  bool counting_ = false;
};

}  // namespace pacegate
