/// \file
/// Who asked for silence and has not been found well again: addresses, or networks of them.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "core/hash_index.h"
#include "core/limit/backoff_table.h"
#include "core/scan/siphash.h"

namespace pacegate {

/// The states of a circuit breaker (M. Nygard, "Release It!", 2007) around one target each. How long
/// a silence lasts is the BackoffTable's: 2, 4, 8, 16 s, lost again with time. What is added here is
/// that the end of a silence proves nothing: then one probe goes out, and its outcome decides.
///
/// One thread's; time is an argument. Memory is bounded: beyond `max_units` the one is forgotten
/// whose silence is over, which is then probed as if it had never complained.
class SilenceTable {
 public:
  using Index = std::uint32_t;
  static constexpr Index kNone = HashIndex::kNone;
  /// Complaining members that make a network silent.
  static constexpr std::size_t kEscalateAt = 3;

  enum class State : std::uint8_t {
    counting,  ///< a network that is free: only its complaining members are counted
    silent,    ///< nothing until `until_ns`, then one probe
    probing,   ///< that probe is out
    given_up,  ///< silent for too long: not probed again
  };

  struct Unit {
    BackoffKey key;
    std::uint64_t since_ns = 0;  ///< first complaint since it was free
    std::uint64_t until_ns = 0;
    Index network = kNone;  ///< a target's, in the other table
    std::array<Index, kEscalateAt - 1> members =
        none_of_them();  ///< a network's, in the other table
    State state = State::counting;
    bool in_use = false;

    [[nodiscard]] bool holds_back() const noexcept { return in_use && state != State::counting; }
  };

  /// \param limit_ns how long a unit may go without being found well; at most BackoffOptions::kForever,
  ///   which means for ever
  SilenceTable(const BackoffOptions& options, std::uint64_t limit_ns);

  [[nodiscard]] Index find(const BackoffKey& key) const;
  [[nodiscard]] Unit& at(Index index) noexcept { return units_[index]; }

  /// An entry for `key`, which has none, in state counting. \param evicted what had to go for it, as it
  /// was; `in_use` is false when nothing had to
  Index add(const BackoffKey& key, std::uint64_t now_ns, Unit& evicted);
  /// The unit is free; its level is lost with time only.
  void remove(Index index) noexcept;
  /// As if it had never complained.
  void forget(Index index, std::uint64_t now_ns) noexcept;

  struct Complaint {
    bool raised = false;  ///< a silence began; otherwise it came during one
    unsigned level = 0;
    std::uint64_t silence_ns = 0;
  };
  /// The unit refused a probe.
  Complaint complain(Index index, std::uint64_t now_ns);

  /// Gives up on a unit whose time is over. \return whether it is given up
  bool check_limit(Unit& unit, std::uint64_t now_ns) noexcept;
  /// When check_limit() will give up.
  [[nodiscard]] std::uint64_t limit_at(const Unit& unit) const noexcept;

  /// Forgets a few of those nobody has asked about for as long as their level takes to be lost.
  /// \param forgotten is called with each of them, as it was, and its index
  template <typename Forgotten>
  void tidy(std::uint64_t now_ns, const Forgotten& forgotten) {
    constexpr std::size_t kSteps = 64;
    for (std::size_t i = 0; i < kSteps && i < units_.size(); ++i) {
      hand_ = hand_ + 1 < units_.size() ? hand_ + 1 : 0;
      const Unit unit = units_[hand_];
      const bool lapsed = unit.in_use && unit.state == State::silent && unit.until_ns <= now_ns &&
                          levels_.level(unit.key, now_ns) == 0;
      if (!lapsed) continue;
      remove(static_cast<Index>(hand_));
      forgotten(unit, static_cast<Index>(hand_));
    }
  }

  /// The time between does not count towards the limit.
  void postpone_limits(std::uint64_t by_ns) noexcept;

  [[nodiscard]] bool empty() const noexcept { return index_.size() == 0; }
  /// Units in whose silence we are.
  [[nodiscard]] std::size_t backed_off(std::uint64_t now_ns) noexcept {
    return levels_.backed_off(now_ns);
  }

 private:
  static constexpr std::array<Index, kEscalateAt - 1> none_of_them() { return {kNone, kNone}; }
  [[nodiscard]] Index victim(std::uint64_t now_ns) noexcept;
  [[nodiscard]] std::uint32_t hash(const BackoffKey& key) const noexcept;

  BackoffTable levels_;
  std::uint64_t limit_ns_;
  std::vector<Unit> units_;
  std::vector<Index> free_;
  HashIndex index_;
  std::size_t hand_ = 0;  // where tidy() and victim() go on
};

}  // namespace pacegate
