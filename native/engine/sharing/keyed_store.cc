#include "engine/sharing/keyed_store.h"

#include <cmath>
#include <new>
#include <type_traits>

namespace pacegate {
namespace {

static_assert(std::is_trivially_destructible_v<SharedKeyedHeader> &&
              std::is_trivially_destructible_v<KeyedShardState> &&
              std::is_trivially_destructible_v<KeyedLine>);

/// Where the parts of a shared table lie in its state.
struct Layout {
  explicit Layout(std::uint64_t max_keys) noexcept
      : shards(KeyedTable::shards_for(max_keys)), lines_each(lines_for(max_keys, shards)) {}

  std::size_t shards;
  std::size_t lines_each;

  [[nodiscard]] std::size_t lines_at() const noexcept {
    return shards_at() + shards * sizeof(KeyedShardState);
  }
  [[nodiscard]] std::size_t bytes() const noexcept {
    return lines_at() + shards * lines_each * sizeof(KeyedLine);
  }
  [[nodiscard]] static constexpr std::size_t shards_at() noexcept {
    return (sizeof(SharedKeyedHeader) + kCacheLine - 1) / kCacheLine * kCacheLine;
  }

  [[nodiscard]] KeyedMemory in(std::byte* state) const noexcept {
    return {std::launder(reinterpret_cast<SharedKeyedHeader*>(state))->table,
            {std::launder(reinterpret_cast<KeyedShardState*>(state + shards_at())), shards},
            {std::launder(reinterpret_cast<KeyedLine*>(state + lines_at())), shards * lines_each}};
  }

 private:
  /// Three quarters full when its share of the keys is there. Shares differ: by more than six
  /// deviations in one table of 10^8, and then a few keys of it have to do with the overflow bucket.
  static std::size_t lines_for(std::uint64_t max_keys, std::size_t shards) noexcept {
    const double share = static_cast<double>(max_keys) / static_cast<double>(shards);
    const double keys = share + (shards == 1 ? 0 : 6 * std::sqrt(share));
    return static_cast<std::size_t>(keys / 0.75 / kSlotsInLine) + 2;
  }
};

}  // namespace

KeyedStore::KeyedStore(const KeyedOptions& options, const SipKey& seed, unsigned ipv6_prefix)
    : options_(options),
      seed_(seed),
      ipv6_prefix_(ipv6_prefix),
      hasher_(seed, ipv6_prefix),
      table_(std::make_unique<KeyedTable>(options)) {}

SharedFormat KeyedStore::format(double rate, double burst) const noexcept {
  constexpr double kTicksPerMs = 256e6;
  SharedFormat format;
  format.kind = SharedFormat::kKeyedTable;
  format.version = 2;
  format.bytes = Layout(options_.max_keys).bytes();
  format.options = {rate, burst, static_cast<double>(options_.max_keys),
                    static_cast<double>(options_.idle) / kTicksPerMs,
                    static_cast<double>(ipv6_prefix_)};
  format.names = {"rate", "burst", "maxKeys", "idleMs", "ipv6Prefix"};
  return format;
}

std::size_t KeyedStore::memory_needed(std::uint64_t max_keys) noexcept {
  return SharedState::memory_needed(Layout(max_keys).bytes());
}

void KeyedStore::build(std::byte* state, Ticks now) {
  const Layout layout(options_.max_keys);
  KeyedOptions options = options_;
  options.quota = table_->quota();
  new (state) SharedKeyedHeader(options, seed_);
  for (std::size_t i = 0; i < layout.shards; ++i) {
    auto* shard = new (state + Layout::shards_at() + i * sizeof(KeyedShardState)) KeyedShardState;
    shard->quota = options.quota;
    shard->capacity = static_cast<std::uint32_t>(layout.lines_each * kSlotsInLine);
  }
  // The lines are zero, and that is what free slots are.
  KeyedTable shared(layout.in(state));
  table_->copy_to(shared, now);
}

void KeyedStore::join(SharedState& state) {
  const auto& header = state.as<SharedKeyedHeader>();
  auto table = std::make_unique<KeyedTable>(Layout(options_.max_keys).in(state.state()));
  seed_ = header.seed;
  hasher_ = KeyHasher(header.seed, ipv6_prefix_);
  table_ = std::move(table);
  shared_ = &state;
}

}  // namespace pacegate
