#include "binding/bucket_place.h"

#include <new>
#include <optional>

#include "binding/call.h"
#include "binding/call_error.h"
#include "core/time.h"
#include "platform/clock.h"

namespace pacegate::binding {

BucketQuota BucketMaking::quota() const {
  const std::optional<BucketQuota> quota = make_quota(rate, burst);
  if (!quota) throw CallError("no bucket can have this rate and burst");
  return *quota;
}

SharedFormat BucketMaking::format() const {
  SharedFormat format;
  format.kind = SharedFormat::kBucket;
  format.version = 1;
  format.bytes = sizeof(TokenBucket);
  format.options = {rate, burst};
  format.names = {"rate", "burst"};
  return format;
}

SharedPlace join_bucket(const Call& call, std::size_t index, const BucketMaking& making,
                        double initial_tokens, Ticks now) {
  const BucketQuota quota = making.quota();
  return {call, index, making.format(),
          [&](std::byte* state) { new (state) TokenBucket(quota, initial_tokens, now); }};
}

SharedPlace join_shared_bucket(const Call& call, std::size_t index) {
  const BucketMaking making{call.number(index + 1), call.number(index + 2)};
  // Whoever shared it has made it; should its file be gone since, it begins full like any other.
  return join_bucket(call, index, making, making.burst, ticks_from_ns(platform::monotonic_ns()));
}

}  // namespace pacegate::binding
