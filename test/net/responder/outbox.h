/// \file
/// Answers on their way out: at once, or when their delay is over.
#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <queue>
#include <vector>

#include "platform/packet_sender.h"

namespace pacegate::responder {

/// One thread.
class Outbox {
 public:
  explicit Outbox(std::unique_ptr<platform::PacketSender> sender) : sender_(std::move(sender)) {}

  /// Where the next frame is written. Valid until put().
  [[nodiscard]] std::span<std::uint8_t> room() {
    if (used_ == sender_->capacity()) flush();
    return sender_->slot(used_);
  }

  /// \param bytes of the frame in room(); 0: there is none
  /// \param due_ns 0 for at once
  void put(std::size_t bytes, std::uint64_t due_ns) {
    if (bytes == 0) return;
    if (due_ns == 0) {
      sender_->set_length(used_++, bytes);
      return;
    }
    const auto frame = sender_->slot(used_).first(bytes);
    waiting_.push({due_ns, {frame.begin(), frame.end()}});
  }

  /// Lets go of what is due.
  void release(std::uint64_t now_ns) {
    for (; !waiting_.empty() && waiting_.top().due_ns <= now_ns; waiting_.pop()) {
      const std::vector<std::uint8_t>& bytes = waiting_.top().bytes;
      std::copy(bytes.begin(), bytes.end(), room().begin());
      put(bytes.size(), 0);
    }
  }

  [[nodiscard]] std::uint64_t next_due_ns() const {
    return waiting_.empty() ? UINT64_MAX : waiting_.top().due_ns;
  }

  /// Sends what is at hand; what the device has no room for is tried a while, then given up and counted.
  void flush() {
    constexpr int kTries = 1000;
    std::size_t sent = 0;
    for (int left = kTries; sent < used_ && left > 0; --left) {
      const platform::SendReport report = sender_->send(sent, used_ - sent);
      sent += report.accepted;
      if (report.outcome == platform::SendOutcome::failed) {
        ++sent;
        ++unsent_;
      }
    }
    unsent_ += used_ - sent;
    used_ = 0;
  }

  [[nodiscard]] std::uint64_t unsent() const { return unsent_; }

 private:
  struct Waiting {
    std::uint64_t due_ns;
    std::vector<std::uint8_t> bytes;
    bool operator<(const Waiting& other) const { return due_ns > other.due_ns; }  // soonest on top
  };

  std::unique_ptr<platform::PacketSender> sender_;
  std::priority_queue<Waiting> waiting_;
  std::size_t used_ = 0;
  std::uint64_t unsent_ = 0;
};

}  // namespace pacegate::responder
