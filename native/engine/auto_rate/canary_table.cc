#include "engine/auto_rate/canary_table.h"

#include <array>
#include <cstring>

#include "core/time.h"

namespace pacegate {
namespace {

constexpr std::size_t kPlaces = 1024;
constexpr std::uint64_t kRestNs = 20 * kNsPerMs;  // of one target, between two questions
constexpr std::uint8_t kFailuresToForget = 3;

}  // namespace

CanaryTable::CanaryTable(const SipKey& key) : key_(key), entries_(kPlaces), asked_(kPlaces) {}

CanaryTable::Entry& CanaryTable::place_of(const IpAddress& address, std::uint16_t port) {
  std::array<std::uint8_t, 18> bytes{};
  std::memcpy(bytes.data(), address.key().data(), 16);
  bytes[16] = static_cast<std::uint8_t>(port >> 8);
  bytes[17] = static_cast<std::uint8_t>(port);
  return entries_[siphash24(key_, bytes) % kPlaces];
}

void CanaryTable::take(const CanaryNews& news) {
  if (news.kind == CanaryNews::Kind::responder) return learn(news);
  Entry& entry = place_of(news.address, news.port);
  const bool is_it = entry.is_known && entry.port == news.port && entry.address == news.address;
  if (is_it && entry.is_asked) settle(entry, news);
}

void CanaryTable::learn(const CanaryNews& news) {
  Entry& entry = place_of(news.address, news.port);
  if (entry.is_known && (entry.is_asked || entry.failures == 0)) return;
  if (!entry.is_known) ++size_;
  entry = Entry{};
  entry.address = news.address;
  entry.port = news.port;
  entry.position = news.position;
  entry.is_known = true;
}

void CanaryTable::settle(Entry& entry, const CanaryNews& news) {
  if (news.kind == CanaryNews::Kind::refusal) return fail(entry);
  entry.is_asked = false;
  entry.failures = 0;
  const std::uint64_t rtt = news.at_ns > entry.sent_ns ? news.at_ns - entry.sent_ns : 0;
  rtt_.sample(rtt);
  if (entry.trial == 0 || entry.trial != trial_) return;
  ++count_.answered;
  note_rtt(entry, rtt);
}

void CanaryTable::note_rtt(const Entry& entry, std::uint64_t rtt_ns) {
  const std::uint64_t age = entry.sent_ns - trial_start_ns_;
  if (age < third_ns_) {
    count_.early_rtt_ns += rtt_ns;
    ++count_.early;
  } else if (age >= 2 * third_ns_) {
    count_.late_rtt_ns += rtt_ns;
    ++count_.late;
  }
}

void CanaryTable::fail(Entry& entry) {
  entry.is_asked = false;
  if (entry.trial != 0 && entry.trial == trial_) ++count_.lost;
  if (++entry.failures < kFailuresToForget) return;
  entry = Entry{};
  --size_;
}

std::optional<std::uint64_t> CanaryTable::next(std::uint64_t departure_ns) {
  if (size_ == 0 || asked_end_ - asked_begin_ == asked_.size()) return std::nullopt;
  for (std::size_t looks = 0; looks < kPlaces; ++looks) {
    turn_ = (turn_ + 1) % kPlaces;
    Entry& entry = entries_[turn_];
    if (!entry.is_known || entry.is_asked) continue;
    if (entry.sent_ns + kRestNs > departure_ns) continue;
    entry.is_asked = true;
    entry.sent_ns = departure_ns;
    // One that failed has to answer before it says anything about the path again.
    entry.trial = counting_ && entry.failures == 0 ? trial_ : 0;
    if (entry.trial != 0) ++count_.sent;
    asked_[asked_end_++ % asked_.size()] = {turn_, departure_ns};
    return entry.position;
  }
  return std::nullopt;
}

void CanaryTable::take_back() noexcept {
  Entry& entry = entries_[turn_];
  entry.is_asked = false;
  if (entry.trial != 0) --count_.sent;
  --asked_end_;
}

void CanaryTable::begin_trial(std::uint64_t now_ns, std::uint64_t third_ns) noexcept {
  if (++trial_ == 0) trial_ = 1;
  count_ = {};
  trial_start_ns_ = now_ns;
  third_ns_ = third_ns;
  counting_ = true;
}

void CanaryTable::expire(std::uint64_t heard_ns, std::uint64_t timeout_ns) {
  for (; asked_begin_ != asked_end_; ++asked_begin_) {
    const Asked& oldest = asked_[asked_begin_ % asked_.size()];
    Entry& entry = entries_[oldest.place];
    const bool waits = entry.is_known && entry.is_asked && entry.sent_ns == oldest.sent_ns;
    if (!waits) continue;
    if (oldest.sent_ns + timeout_ns > heard_ns) return;
    fail(entry);
  }
}

}  // namespace pacegate
