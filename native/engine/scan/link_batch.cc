#include "engine/scan/link_batch.h"

#include <algorithm>
#include <bit>

#include "core/time.h"

namespace pacegate {
namespace {

// Less than this is no delay worth a visit to the probe's word.
constexpr std::uint64_t kNoticeableNs = kNsPerMs;

}  // namespace

LinkBatch::LinkBatch(platform::PacketSender& sender)
    : sender_(&sender), has_lead_(sender.lead_ns() > 0) {
  batch_.reserve(sender.capacity());
  if (has_lead_) held_.resize(std::bit_ceil(sender.capacity()));
}

LinkBatch::Outcome& LinkBatch::Outcome::operator+=(const Outcome& other) {
  accepted += other.accepted;
  refused += other.refused;
  sent += other.sent;
  busy = busy || other.busy;
  if (other.system_error != 0) system_error = other.system_error;
  return *this;
}

void LinkBatch::open() {
  if (batch_.empty()) room_ = sender_->room();
}

void LinkBatch::add(ProbeId probe, std::size_t bytes, std::uint64_t departure_ns) {
  const std::size_t slot = batch_.size();
  sender_->set_length(slot, bytes);
  if (has_lead_) sender_->set_departure(slot, departure_ns);
  batch_.push_back({probe, departure_ns});
}

LinkBatch::Outcome LinkBatch::flush(ProbeMarks& marks, std::uint64_t now_ns) {
  if (empty()) return {};
  const Outcome outcome = has_lead_ ? hand_over(marks) : send_now(marks, now_ns);
  if (empty()) {
    batch_.clear();
    first_ = 0;
  }
  return outcome;
}

LinkBatch::Outcome LinkBatch::send_now(ProbeMarks& marks, std::uint64_t now_ns) {
  Outcome outcome;
  for (std::size_t i = first_; stale_ && i < batch_.size(); ++i) {
    marks.sent(batch_[i].id, now_ns);
  }
  while (!empty() && !outcome.busy) {
    const auto report = sender_->send(first_, batch_.size() - first_);
    first_ += report.accepted;
    outcome.accepted += report.accepted;
    outcome.busy = report.outcome == platform::SendOutcome::busy;
    if (report.outcome != platform::SendOutcome::ok) outcome.system_error = report.system_error;
    if (report.outcome == platform::SendOutcome::failed) {
      marks.unsent(batch_[first_].id);
      ++first_;
      ++outcome.refused;
    }
  }
  stale_ = outcome.busy;
  outcome.sent = outcome.accepted;
  return outcome;
}

LinkBatch::Outcome LinkBatch::hand_over(ProbeMarks& marks) {
  const auto report = sender_->send(0, batch_.size());
  Outcome outcome{.accepted = report.accepted, .refused = batch_.size() - report.accepted};
  if (outcome.refused > 0) outcome.system_error = report.system_error;
  for (std::size_t i = 0; i < batch_.size(); ++i) {
    if (i < report.accepted) {
      held_[held_end_++ & (held_.size() - 1)] = batch_[i];
    } else {
      marks.unsent(batch_[i].id);
    }
  }
  first_ = batch_.size();
  return outcome;
}

platform::Departures LinkBatch::take_departures(LatencyHistogram& gaps, ProbeMarks& marks) {
  if (!has_lead_) return {};
  const platform::Departures departures = sender_->take_departures(gaps);
  const std::size_t left = std::min<std::size_t>(departures.left, held_end_ - held_begin_);
  for (std::size_t i = 0; i < left; ++i) {
    const Probe& probe = held_[held_begin_++ & (held_.size() - 1)];
    // None of them left before the first did.
    if (departures.first_ns > probe.departure_ns + kNoticeableNs) {
      marks.sent(probe.id, departures.first_ns);
    }
  }
  return departures;
}

std::optional<std::uint64_t> LinkBatch::oldest_held_ns() const {
  if (held_begin_ == held_end_) return std::nullopt;
  return held_[held_begin_ & (held_.size() - 1)].departure_ns;
}

}  // namespace pacegate
