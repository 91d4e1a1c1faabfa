/// \file
/// The pairs of a scan that have to wait: parked where their target is silent or a cap is reached,
/// sent when their turn comes, awaited, sent again, settled.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "core/hash_index.h"
#include "core/ip_address.h"
#include "engine/deferral/flight_table.h"
#include "engine/deferral/parked_pool.h"
#include "engine/deferral/resume_floor.h"
#include "engine/deferral/target_gate.h"

namespace pacegate {

struct LaneOptions {
  std::uint32_t tries = 1;       ///< probes to a silent pair, the first included; 1..256
  std::uint64_t timeout_ns = 0;  ///< wait after each of them
  std::size_t max_pairs = std::size_t{1} << 22;      ///< parked or in flight; 64 MiB
  std::size_t max_blockers = std::size_t{1} << 18;   ///< lists they wait in; 24 MiB
  std::size_t max_in_flight = std::size_t{1} << 19;  ///< 32 MiB
};

/// One first-in-first-out list for each blocker (a target, a network, a zone), and a heap of the lists
/// by when the gate may be asked again. A pair that comes to the front of one list may have to go on to
/// another; a target sends one ahead at a time, so that a pair moves three times at the most.
///
/// One thread's: the sending one's; time is an argument. Every pair that is parked comes out once: by
/// answer(), as Silent, as given up, or not at all after stop(). Calls take O(log lists).
class DeferredLane {
 public:
  using AddressOf = std::function<IpAddress(std::uint64_t position)>;

  /// \param gate outlives the lane \param address_of of every position that is parked
  DeferredLane(TargetGate& gate, AddressOf address_of, const LaneOptions& options);

  /// Nothing is parked or in flight, and the gate has no objection to anything.
  [[nodiscard]] bool quiet() const noexcept { return gate_.quiet() && empty(); }
  [[nodiscard]] bool empty() const noexcept { return parked() == 0 && in_flight() == 0; }
  [[nodiscard]] std::size_t parked() const noexcept { return pool_.size(); }
  [[nodiscard]] std::size_t in_flight() const noexcept { return flights_.size(); }
  /// No more can be parked: what is to come has to wait outside.
  [[nodiscard]] bool full() const noexcept {
    return parked() + in_flight() >= options_.max_pairs ||
           blockers_in_use_ >= options_.max_blockers;
  }
  /// All that is left waits for the end of a silence: nothing for a cap, for its turn, for an answer.
  [[nodiscard]] bool all_wait_for_silence(std::uint64_t now_ns) const noexcept {
    return parked() > 0 && in_flight() == 0 && capped_ == 0 && next_turn_ns() > now_ns;
  }
  /// Everything that was parked before this position is settled; UINT64_MAX when nothing is left.
  [[nodiscard]] std::uint64_t floor() const noexcept { return floor_.position(); }

  struct Admission {
    enum class Outcome : std::uint8_t {
      go,       ///< send it now; the caps are charged
      park,     ///< park() it
      full,     ///< it may neither go nor be parked
      give_up,  ///< its target has been silent for too long
    };
    Outcome outcome = Outcome::go;
    BlockKey blocker{};  ///< park() wants to know this and what follows
    std::uint64_t until_ns = 0;
    bool is_cap = false;
  };
  /// Decides about a pair that the scan wants to probe. \param address of its target
  [[nodiscard]] Admission admit(const IpAddress& address, std::uint64_t now_ns);

  struct Candidate {
    std::uint64_t position = 0;
    std::uint32_t tries = 0;    ///< it has had
    std::uint64_t settled = 0;  ///< see ResumeFloor::add()
  };
  /// Takes a pair over. \param admission what admit() has just said about it: park
  void park(const Candidate& candidate, const Admission& admission);

  struct Turn {
    std::uint64_t position = 0;
    bool is_given_up = false;  ///< settle it; otherwise send it, it counts as sent at `now_ns`
    bool is_probe = false;     ///< the one that decides about its target
  };
  /// The parked pair whose turn it is, if there is one.
  [[nodiscard]] std::optional<Turn> next(std::uint64_t now_ns);
  /// When next() is worth another call; UINT64_MAX: after an answer or a time-out only.
  [[nodiscard]] std::uint64_t next_turn_ns() const noexcept;

  /// What became of a pair that next() gave out: it leaves only now; the device refused it.
  void sent_again(std::uint64_t position, std::uint64_t now_ns) noexcept;
  void unsent(std::uint64_t position) noexcept;

  struct Answered {
    std::uint64_t sent_ns = 0;  ///< its last try
    bool is_retried = false;
  };
  /// An answer to a pair in flight ends it. \return nothing when it was not in flight
  /// \param is_complaint then complain() is to be called as well
  std::optional<Answered> answer(std::uint64_t position, bool is_complaint);

  /// An error "prohibited" about any probe to `address`, of the lane or not.
  std::optional<TargetGate::Escalation> complain(const IpAddress& address, std::uint64_t now_ns);

  struct Silent {
    std::uint64_t position = 0;
    bool is_unsent = false;  ///< the device refused its last try
  };
  /// The next pair in flight whose last try has timed out; those with tries left are parked again
  /// instead, for their next turn. \param heard_ns as in ProbeCursors::next()
  [[nodiscard]] std::optional<Silent> settle_next(std::uint64_t heard_ns);

  /// Nothing is given out any more; what is parked stays.
  void stop() noexcept { stopped_ = true; }

 private:
  using Index = std::uint32_t;
  static constexpr Index kNone = HashIndex::kNone;

  struct Blocker {
    BlockKey key;
    ParkedPool::List waiting;
    bool is_scheduled = false;  // in the heap
    bool is_capped = false;     // what it waited for last
  };
  struct Appointment {
    std::uint64_t at_ns = 0;
    std::uint32_t turn = 0;  // among equals the longest waiting is first
    Index blocker = kNone;

    friend bool operator<(const Appointment& a, const Appointment& b) noexcept {
      if (a.at_ns != b.at_ns) return a.at_ns > b.at_ns;  // the heap's top is the greatest
      return static_cast<std::int32_t>(a.turn - b.turn) > 0;
    }
  };

  [[nodiscard]] Index find(const BlockKey& key) const;
  [[nodiscard]] Index add(const BlockKey& key, std::uint64_t at_ns);
  [[nodiscard]] Index obtain(const BlockKey& key, std::uint64_t at_ns);
  void note_cause(Index blocker, bool is_cap) noexcept;
  void release(Index blocker) noexcept;
  void schedule(Index blocker, std::uint64_t at_ns);
  void wake(const BlockKey& key, std::uint64_t now_ns);
  void wake_around(const IpAddress& address, std::uint64_t now_ns);
  void reschedule(Index blocker, std::uint64_t at_ns);
  [[nodiscard]] std::optional<Turn> serve(Index blocker, std::uint64_t now_ns);
  void wait_elsewhere(Index from, const TargetGate::Verdict& verdict);
  Turn depart(Index from, const IpAddress& address, const TargetGate::Verdict& verdict,
              std::uint64_t now_ns);

  TargetGate& gate_;
  AddressOf address_of_;
  LaneOptions options_;
  ParkedPool pool_;
  FlightTable flights_;
  FlightList flying_;
  ResumeFloor floor_;
  std::vector<Blocker> blockers_;
  std::vector<Index> free_;
  HashIndex index_;
  std::vector<Appointment> heap_;
  std::size_t blockers_in_use_ = 0;
  std::size_t capped_ = 0;  // of these
  std::uint32_t turns_ = 0;
  std::uint64_t latest_ns_ = 0;
  bool stopped_ = false;
};

}  // namespace pacegate
