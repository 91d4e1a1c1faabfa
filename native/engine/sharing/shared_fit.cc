#include "engine/sharing/shared_fit.h"

#include <array>
#include <cstdio>
#include <cstdlib>

#include "platform/error.h"

namespace pacegate {
namespace {

std::string kind_name(std::uint32_t kind) {
  switch (kind) {
    case SharedFormat::kBucket:
      return "a TokenBucket";
    case SharedFormat::kKeyedTable:
      return "a KeyedLimiter";
    case SharedFormat::kHybrid:
      return "a HybridLimiter";
    default:
      return "a limiter of kind " + std::to_string(kind);
  }
}

/// The shortest text that reads back as the same number: 0.1 and not 0.10000000000000001.
std::string number_text(double value) {
  std::array<char, 32> text{};
  for (int digits = 15; digits <= 17; ++digits) {
    std::snprintf(text.data(), text.size(), "%.*g", digits, value);
    if (std::strtod(text.data(), nullptr) == value) break;
  }
  return text.data();
}

/// How a version that is not ours is called.
const char* age(std::uint64_t found, std::uint64_t ours) {
  return found > ours ? "a newer version of pacegate made it"
                      : "an older version of pacegate made it";
}

}  // namespace

void throw_unfit(const std::string& place, const std::string& problem) {
  throw platform::PlatformError(platform::Fault::shared_state,
                                "cannot share " + place + ": " + problem);
}

SharedDescription describe(const SharedFormat& format, std::size_t total_bytes,
                           const platform::SharingDomain& domain) {
  return {SharedDescription::kLayoutVersion,
          domain.clock,
          domain.processes,
          platform::SharedLock::abi(),
          total_bytes,
          format.bytes,
          format.kind,
          format.version,
          format.options};
}

void check_fit(const SharedDescription& found, const SharedDescription& wanted,
               const SharedFormat& format, const std::string& place) {
  if (found.layout_version != wanted.layout_version) {
    throw_unfit(place, age(found.layout_version, wanted.layout_version));
  }
  if (found.abi != wanted.abi) {
    throw_unfit(place, "a pacegate for another C library or processor made it");
  }
  if (found.kind != wanted.kind) {
    throw_unfit(place, "it holds " + kind_name(found.kind) + ", not " + kind_name(wanted.kind));
  }
  if (found.kind_version != wanted.kind_version) {
    throw_unfit(place, age(found.kind_version, wanted.kind_version));
  }
  for (std::size_t i = 0; i < found.options.size(); ++i) {
    if (found.options[i] == wanted.options[i]) continue;
    const std::string name = format.names[i] != nullptr ? format.names[i] : "an option";
    throw_unfit(place, "it was made with " + name + " " + number_text(found.options[i]) + ", not " +
                           number_text(wanted.options[i]));
  }
  if (found.state_bytes != wanted.state_bytes) {
    throw_unfit(place, "its state has " + std::to_string(found.state_bytes) + " bytes, not " +
                           std::to_string(wanted.state_bytes));
  }
  if (found.total_bytes != wanted.total_bytes) {
    throw_unfit(place, "it was made with " + std::to_string(found.total_bytes) + " bytes, not " +
                           std::to_string(wanted.total_bytes));
  }
}

}  // namespace pacegate
