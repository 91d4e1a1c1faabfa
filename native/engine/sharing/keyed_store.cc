#include "engine/sharing/keyed_store.h"

#include <algorithm>
#include <cmath>
#include <new>
#include <type_traits>

#include "engine/sharing/shared_fit.h"

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
  /// Slots of a shard.
  [[nodiscard]] std::uint32_t capacity() const noexcept {
    return static_cast<std::uint32_t>(lines_each * kSlotsInLine);
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

bool is_sane(const BucketQuota& quota) noexcept {
  return quota.ticks_per_token >= 1 && quota.ticks_per_token <= kTicksPerSecond * kTicksPerSecond &&
         quota.capacity <= BucketQuota::kMaxCapacity && quota.burst > 0 &&
         std::isfinite(quota.burst);
}

/// Of fields by themselves: a holder that was killed may have written some of them.
bool is_sane(const KeyedShardState& shard, std::uint32_t capacity) noexcept {
  return shard.capacity == capacity && shard.count < capacity && shard.known <= capacity &&
         shard.cursor < capacity && shard.stage <= KeyedShardState::Stage::clearing &&
         shard.progress <= 2 * capacity && is_sane(shard.quota);
}

bool is_sane(const KeyedMemory& memory, const KeyedOptions& options,
             const Layout& layout) noexcept {
  const KeyedHeader& header = memory.header;
  return header.max_keys == options.max_keys && header.idle == options.idle &&
         std::all_of(header.quotas.begin(), header.quotas.end(),
                     [](const BucketQuota& quota) { return is_sane(quota); }) &&
         std::all_of(memory.shards.begin(), memory.shards.end(),
                     [capacity = layout.capacity()](const KeyedShardState& shard) {
                       return is_sane(shard, capacity);
                     });
}

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
    shard->capacity = layout.capacity();
  }
  // The lines are zero, and that is what free slots are.
  KeyedTable shared(layout.in(state));
  table_->copy_to(shared, now);
}

std::unique_ptr<KeyedTable> KeyedStore::table_in(const SharedState& state) const {
  const Layout layout(options_.max_keys);
  const KeyedMemory memory = layout.in(state.state());
  // A header is soon made up, and what stands behind it would be believed.
  if (!is_sane(memory, options_, layout)) {
    throw_unfit("the state of a KeyedLimiter", "it is damaged");
  }
  return std::make_unique<KeyedTable>(memory, table_->counts());
}

void KeyedStore::use(SharedState& state, std::unique_ptr<KeyedTable> table) noexcept {
  seed_ = state.as<SharedKeyedHeader>().seed;
  hasher_ = KeyHasher(seed_, ipv6_prefix_);
  table_ = std::move(table);
  shared_ = &state;
}

}  // namespace pacegate
