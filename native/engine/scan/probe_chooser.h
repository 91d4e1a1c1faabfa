/// \file
/// Where the next probe comes from: the order of the scan, or those who had to wait.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <utility>

#include "core/ip_address.h"
#include "engine/deferral/deferred_lane.h"
#include "engine/hosts/host_group.h"
#include "engine/scan/probe_cursors.h"

namespace pacegate {

/// The sending thread's. As long as nothing complains and there are no caps it is the cursors and one
/// test; otherwise those who waited and those who are new take turns, so that a target which comes back
/// gets half of the rate at the most while there are others. Where there is a hostgroup, every probe
/// comes from it.
class ProbeChooser {
 public:
  /// Absent: no packet can be sent to the position, hence nothing is held back.
  using AddressOf = std::function<std::optional<IpAddress>(std::uint64_t position)>;

  /// \param group nullptr: none; otherwise the lane's gate is never quiet
  ProbeChooser(ProbeCursors& cursors, DeferredLane& lane, AddressOf address_of,
               HostGroup* group = nullptr)
      : cursors_(cursors), lane_(lane), address_of_(std::move(address_of)), group_(group) {}

  struct Choice {
    enum class Kind : std::uint8_t {
      fresh,     ///< of the window
      deferred,  ///< of the lane or of the hostgroup
      given_up,  ///< to be settled, not to be sent
    };
    std::uint64_t position = 0;
    Kind kind = Kind::fresh;
    bool is_probe = false;  ///< the one that decides about a target which was silent
  };
  /// Marked as sent at `now_ns` where it belongs. Absent when there is nothing to send now.
  /// \param heard_ns as in ProbeCursors::next()
  [[nodiscard]] std::optional<Choice> next(std::uint64_t now_ns, std::uint64_t heard_ns) {
    if (!lane_.quiet()) return next_of_both(now_ns, heard_ns);
    const auto position = cursors_.next(now_ns, heard_ns);
    if (!position) return std::nullopt;
    return Choice{*position};
  }

 private:
  [[nodiscard]] std::optional<Choice> next_of_both(std::uint64_t now_ns, std::uint64_t heard_ns);
  [[nodiscard]] std::optional<Choice> next_of_lane(std::uint64_t now_ns);
  [[nodiscard]] std::optional<Choice> next_of_group(std::uint64_t now_ns, std::uint64_t heard_ns);
  [[nodiscard]] std::optional<Choice> next_of_order(std::uint64_t now_ns, std::uint64_t heard_ns);

  ProbeCursors& cursors_;
  DeferredLane& lane_;
  AddressOf address_of_;
  HostGroup* group_;
  bool lane_is_next_ = true;
};

}  // namespace pacegate
