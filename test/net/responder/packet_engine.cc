#include <algorithm>
#include <atomic>
#include <cstring>
#include <map>
#include <thread>
#include <tuple>
#include <vector>

#include "core/time.h"
#include "platform/clock.h"
#include "platform/interface.h"
#include "platform/packet_receiver.h"
#include "platform/packet_sender.h"
#include "responder/answer_frames.h"
#include "responder/engine.h"
#include "responder/outbox.h"

namespace pacegate::responder {
namespace {

/// Counters have one writer and a reader in another thread.
void count(__u64& counter) {
  std::atomic_ref word(counter);
  word.store(word.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
}

std::uint32_t chance(const responder_settings& settings, truth_chance what, std::uint64_t number) {
  return truth_chance_of(settings.key, what, number);
}

bool happens(const responder_settings& settings, truth_chance what, std::uint64_t number,
             std::uint32_t per_mille) {
  return truth_per_mille(chance(settings, what, number)) < per_mille;
}

class PacketEngine final : public Engine {
 public:
  PacketEngine(const platform::Interface& interface, const responder_settings& settings)
      : settings_(settings),
        frames_(settings_),
        outbox_(platform::open_packet_sender(interface)),
        receiver_(platform::open_packet_receiver(interface, {.everything = true})),
        pairs_(settings.pairs),
        arrivals_(settings.arrivals),
        thread_([this] { run(); }) {}
  PacketEngine(const PacketEngine&) = delete;
  PacketEngine& operator=(const PacketEngine&) = delete;
  ~PacketEngine() override { stop(); }

  responder_counters counters() const override;
  std::span<const std::uint32_t> pairs() const override { return pairs_; }
  std::span<const std::uint64_t> arrivals() const override { return arrivals_; }
  std::uint64_t missed() const override { return missed_.load(std::memory_order_relaxed); }
  void stop() override;

 private:
  using LimitKey = std::tuple<__u32, __u32, __u32, __u32, __u32>;

  void run();
  void take(const platform::ReceivedPacket& received);
  void take_tcp(const packet::IpPacket& ip, const platform::ReceivedPacket& received);
  void count_arrival(const Probe& probe, std::uint64_t at_ns);
  bool admits(const truth_address& target, std::uint64_t now_ns);
  void answer(const Probe& probe, const truth_address& target, std::uint64_t at_ns);
  void answer_by_kind(const Probe& probe);
  void put_neighbour(std::size_t bytes);
  /// Sends the frame now in the outbox's room, late and twice as the settings say.
  void put(std::size_t bytes);

  responder_settings settings_;
  AnswerFrames frames_;
  Outbox outbox_;
  std::unique_ptr<platform::PacketReceiver> receiver_;
  mutable responder_counters counters_{};
  std::vector<std::uint32_t> pairs_;
  std::vector<std::uint64_t> arrivals_;
  std::map<LimitKey, __u64> limits_;
  std::uint64_t number_ = 0;  // of the probe at hand, from 0 on
  std::uint64_t at_ns_ = 0;
  std::atomic<std::uint64_t> missed_{0};
  std::atomic<bool> over_{false};
  std::thread thread_;  // last: it uses all the others
};

void PacketEngine::run() {
  while (!over_.load(std::memory_order_acquire)) {
    const std::uint64_t now_ns = platform::monotonic_ns();
    const std::uint64_t deadline_ns = std::min(outbox_.next_due_ns(), now_ns + kNsPerSecond);
    receiver_->receive(deadline_ns, [this](const auto& received) { take(received); });
    outbox_.release(platform::monotonic_ns());
    outbox_.flush();
    missed_.store(receiver_->counters().dropped, std::memory_order_relaxed);
  }
}

void PacketEngine::stop() {
  if (!thread_.joinable()) return;
  over_.store(true, std::memory_order_release);
  receiver_->wake();
  thread_.join();
}

responder_counters PacketEngine::counters() const {
  constexpr std::size_t kWords = sizeof(responder_counters) / sizeof(__u64);
  responder_counters copy{};
  auto* from = reinterpret_cast<__u64*>(&counters_);
  auto* to = reinterpret_cast<__u64*>(&copy);
  for (std::size_t i = 0; i < kWords; ++i) {
    to[i] = std::atomic_ref(from[i]).load(std::memory_order_relaxed);
  }
  return copy;
}

void PacketEngine::take(const platform::ReceivedPacket& received) {
  if (received.ether_type == packet::kEtherTypeArp) {
    put_neighbour(frames_.arp(received.bytes, outbox_.room()));
    return;
  }
  const auto ip = packet::parse_ip(received.bytes);
  if (!ip) return;
  if (ip->protocol == packet::kProtocolIcmpv6) {
    put_neighbour(frames_.advertisement(*ip, outbox_.room()));
  } else if (ip->protocol == packet::kProtocolTcp) {
    take_tcp(*ip, received);
  }
}

void PacketEngine::put_neighbour(std::size_t bytes) {
  if (bytes == 0) return;
  count(counters_.neighbours);
  outbox_.put(bytes, 0);
}

void PacketEngine::take_tcp(const packet::IpPacket& ip, const platform::ReceivedPacket& received) {
  const truth_address target = to_truth(ip.destination);
  const __u32 place = responder_prefix_of(&settings_, &target);
  if (place >= settings_.prefixes) return;
  const auto tcp = packet::parse_tcp(ip.payload);
  constexpr unsigned kKind = packet::kTcpSyn | packet::kTcpAck | packet::kTcpRst | packet::kTcpFin;
  if (!tcp || (tcp->flags & kKind) != packet::kTcpSyn) {
    count(counters_.strangers);
    return;
  }
  const __u32 port = tcp->destination_port;
  number_ = counters_.received;
  at_ns_ = received.at_ns;
  count(counters_.received);
  if (number_ < arrivals_.size()) arrivals_[number_] = received.at_ns;
  if (settings_.ports != 0) {
    const __u32 pair = responder_pair(&settings_, &settings_.prefix[place], &target, port);
    if (pair == ~0U) {
      count(counters_.outside);
    } else if (pairs_[pair]++ == 0) {
      count(counters_.distinct);
    }
  }
  answer({ip, *tcp, received.bytes, truth_hash(settings_.key, &target, port)}, target,
         received.at_ns);
}

bool PacketEngine::admits(const truth_address& target, std::uint64_t now_ns) {
  if (settings_.limit.period_ns == 0) return true;
  truth_address key{};
  responder_limit_key_of(&settings_.limit, &target, &key);
  const __u32* word = key.word;
  __u64& arrival = limits_[{key.family, word[0], word[1], word[2], word[3]}];
  return responder_admits(&settings_.limit, &arrival, now_ns) != 0;
}

void PacketEngine::answer(const Probe& probe, const truth_address& target, std::uint64_t at_ns) {
  if (happens(settings_, CHANCE_LOSS, number_, settings_.loss)) {
    count(counters_.lost);
    return;
  }
  if (!admits(target, at_ns)) {
    const bool drop = settings_.limit.over == OVER_DROP;
    count(drop ? counters_.limited : counters_.complained);
    if (!drop) put(frames_.prohibited(probe, outbox_.room()));
    return;
  }
  if (happens(settings_, CHANCE_GARBAGE, number_, settings_.garbage)) {
    count(counters_.garbage);
    outbox_.put(frames_.garbage(probe, chance(settings_, CHANCE_KIND, number_), outbox_.room()), 0);
  }
  answer_by_kind(probe);
}

void PacketEngine::answer_by_kind(const Probe& probe) {
  switch (truth_kind_of(&settings_.shares, probe.hash)) {
    case TRUTH_OPEN:
      count(counters_.open);
      return put(frames_.tcp(probe, true, outbox_.room()));
    case TRUTH_CLOSED:
      count(counters_.closed);
      return put(frames_.tcp(probe, false, outbox_.room()));
    case TRUTH_PROHIBITED:
      count(counters_.prohibited);
      return put(frames_.prohibited(probe, outbox_.room()));
    default:
      count(counters_.silent);
  }
}

void PacketEngine::put(std::size_t bytes) {
  const double part = chance(settings_, CHANCE_JITTER, number_) / 4294967296.0;
  const std::uint64_t delay_ns =
      settings_.delay_ns +
      static_cast<std::uint64_t>(part * static_cast<double>(settings_.jitter_ns));
  const std::uint64_t due_ns = delay_ns == 0 ? 0 : at_ns_ + delay_ns;
  if (happens(settings_, CHANCE_DUPLICATE, number_, settings_.duplicate)) {
    count(counters_.twice);
    const auto frame = outbox_.room().first(bytes);
    const std::vector<std::uint8_t> copy(frame.begin(), frame.end());
    outbox_.put(bytes, due_ns);
    std::copy(copy.begin(), copy.end(), outbox_.room().begin());
  }
  outbox_.put(bytes, due_ns);
  std::atomic_ref(counters_.unsent).store(outbox_.unsent(), std::memory_order_relaxed);
}

}  // namespace

std::unique_ptr<Engine> open_packet_engine(const std::string& interface,
                                           const responder_settings& settings) {
  return std::make_unique<PacketEngine>(platform::find_interface(interface), settings);
}

}  // namespace pacegate::responder
