#include "binding/scan_plan.h"

#include <algorithm>
#include <cstring>
#include <limits>
#include <span>
#include <string>

#include "binding/call_error.h"
#include "core/limit/backoff_table.h"
#include "core/limit/pacing_schedule.h"
#include "core/time.h"

namespace pacegate::binding {
namespace {

// A range record: family, first address, last address.
constexpr std::size_t kAddressBytes = 16;
constexpr std::size_t kRangeBytes = 1 + 2 * kAddressBytes;
constexpr double kMaxExact = 9007199254740991.0;

[[noreturn]] void refuse(const char* name, const char* expected) {
  throw CallError(std::string("plan.") + name + " must be " + expected);
}

double read_number(const Napi::Object& plan, const char* name, double max) {
  const Napi::Value value = plan.Get(name);
  if (!value.IsNumber()) refuse(name, "a number");
  const double number = value.As<Napi::Number>().DoubleValue();
  if (!(number >= 0 && number <= max)) refuse(name, "a number in its range");
  return number;
}

std::uint64_t read_count(const Napi::Object& plan, const char* name, double max) {
  return static_cast<std::uint64_t>(read_number(plan, name, max));
}

std::string read_string(const Napi::Object& plan, const char* name) {
  const Napi::Value value = plan.Get(name);
  if (!value.IsString()) refuse(name, "a string");
  return value.As<Napi::String>().Utf8Value();
}

template <typename Array>
auto read_array(const Napi::Object& plan, const char* name, napi_typedarray_type type) {
  const Napi::Value value = plan.Get(name);
  if (!value.IsTypedArray() || value.As<Napi::TypedArray>().TypedArrayType() != type) {
    refuse(name, "a typed array of its type");
  }
  Array array = value.As<Array>();
  return std::span(array.Data(), array.ElementLength());
}

bool read_flag(const Napi::Object& plan, const char* name) {
  const Napi::Value value = plan.Get(name);
  if (!value.IsBoolean()) refuse(name, "true or false");
  return value.As<Napi::Boolean>().Value();
}

std::uint64_t read_limit_ns(const Napi::Object& plan, const char* name) {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  constexpr std::uint64_t kForever = BackoffOptions::kForever;
  const double ns = read_number(plan, name, kInfinity) * static_cast<double>(kNsPerMs);
  return ns >= static_cast<double>(kForever) ? kForever : static_cast<std::uint64_t>(ns);
}

void read_backoff(const Napi::Object& plan, ScanOptions& options) {
  options.adaptive_rate = read_flag(plan, "adaptiveRate");
  options.backoff_limit_ns = read_limit_ns(plan, "backoffLimitMs");
  options.caps.target_rate = read_number(plan, "maxTargetRate", PacingSchedule::kMaxRate);
  options.caps.prefix_rate = read_number(plan, "maxPrefixRate", PacingSchedule::kMaxRate);
  options.caps.prefixes = {static_cast<unsigned>(read_count(plan, "capPrefixV4", 32)),
                           static_cast<unsigned>(read_count(plan, "capPrefixV6", 128))};
}

/// As scan_hosts gives it: how many targets were begun, then rank and turn of those not finished.
HostProgress read_progress(const Napi::Object& plan) {
  const auto words = read_array<Napi::Float64Array>(plan, "hostProgress", napi_float64_array);
  HostProgress progress;
  if (words.empty()) return progress;
  const auto is_count = [](double word) { return word >= 0 && word <= kMaxExact; };
  if (words.size() % 2 == 0 || !std::all_of(words.begin(), words.end(), is_count)) {
    refuse("hostProgress", "a count, then pairs of counts");
  }
  progress.begun = static_cast<std::uint64_t>(words[0]);
  for (std::size_t i = 1; i < words.size(); i += 2) {
    progress.unended.push_back(
        {static_cast<std::uint64_t>(words[i]), static_cast<std::uint32_t>(words[i + 1])});
  }
  return progress;
}

void read_hostgroup(const Napi::Object& plan, ScanOptions& options) {
  constexpr double kMaxPlaces = 65536;
  options.adaptive_timeout = read_flag(plan, "adaptiveTimeout");
  options.hostgroup.max = static_cast<std::uint32_t>(read_count(plan, "maxHostgroup", kMaxPlaces));
  options.hostgroup.min = static_cast<std::uint32_t>(read_count(plan, "minHostgroup", kMaxPlaces));
  options.hostgroup.is_barrier = read_flag(plan, "hostgroupBarrier");
  options.hostgroup.host_timeout_ns = read_count(plan, "hostTimeoutMs", 1e12) * kNsPerMs;
  options.hostgroup.tarpit = {
      .open = static_cast<std::uint32_t>(read_count(plan, "tarpitOpen", 65536)),
      .probed = static_cast<std::uint32_t>(read_count(plan, "tarpitProbed", 65536)),
      .is_left_alone = read_flag(plan, "tarpitSkip")};
  options.hostgroup.resumed = read_progress(plan);
}

void read_record(const Napi::Object& plan, ScanOptions& options) {
  options.record.file = read_string(plan, "recordFile");
  options.record.goes_on = read_flag(plan, "recordGoesOn");
}

IpAddress read_address(std::uint8_t family, const std::uint8_t* bytes) {
  return IpAddress::from_bytes({bytes, family == 6 ? 16U : 4U});
}

std::vector<AddressRange> read_ranges(const Napi::Object& plan) {
  const auto bytes = read_array<Napi::Uint8Array>(plan, "ranges", napi_uint8_array);
  if (bytes.empty() || bytes.size() % kRangeBytes != 0) refuse("ranges", "33 bytes a range");
  std::vector<AddressRange> ranges;
  ranges.reserve(bytes.size() / kRangeBytes);
  for (std::size_t at = 0; at < bytes.size(); at += kRangeBytes) {
    const std::uint8_t family = bytes[at];
    const std::uint8_t* first = &bytes[at + 1];
    ranges.push_back({read_address(family, first), read_address(family, first + kAddressBytes)});
    const AddressRange& range = ranges.back();
    const bool in_order = ranges.size() == 1 || ranges[ranges.size() - 2].last < range.first;
    if (range.last < range.first || !in_order) refuse("ranges", "sorted and disjoint");
  }
  return ranges;
}

std::vector<std::uint16_t> read_ports(const Napi::Object& plan) {
  const auto ports = read_array<Napi::Uint16Array>(plan, "ports", napi_uint16_array);
  const bool rising = std::adjacent_find(ports.begin(), ports.end(),
                                         [](auto a, auto b) { return a >= b; }) == ports.end();
  if (ports.empty() || !rising) refuse("ports", "sorted and without duplicates");
  return {ports.begin(), ports.end()};
}

SipKey read_cookie_key(const Napi::Object& plan) {
  const auto bytes = read_array<Napi::Uint8Array>(plan, "cookieKey", napi_uint8_array);
  if (bytes.size() != sizeof(SipKey)) refuse("cookieKey", "16 bytes");
  SipKey key{};
  std::memcpy(&key, bytes.data(), sizeof key);
  return key;
}

std::uint64_t read_seed(const Napi::Object& plan) {
  const Napi::Value value = plan.Get("seed");
  if (!value.IsBigInt()) refuse("seed", "a bigint");
  bool lossless = false;
  return value.As<Napi::BigInt>().Uint64Value(&lossless);
}

Precision read_precision(const Napi::Object& plan) {
  const std::string name = read_string(plan, "precision");
  if (name == "eco") return Precision::eco;
  if (name == "balanced") return Precision::balanced;
  if (name == "spin") return Precision::spin;
  refuse("precision", "'eco', 'balanced' or 'spin'");
}

Backend read_backend(const Napi::Object& plan) {
  const std::string name = read_string(plan, "backend");
  if (name == "auto") return Backend::automatic;
  if (name == "packet") return Backend::packet;
  if (name == "rawip") return Backend::raw_ip;
  if (name == "xdp") return Backend::xdp;
  if (name == "pcap") return Backend::pcap;
  if (name == "connect") return Backend::connect;
  refuse("backend", "'auto', 'packet', 'rawip', 'xdp', 'pcap' or 'connect'");
}

}  // namespace

ScanOptions read_scan_plan(const Napi::Value& value) {
  if (!value.IsObject()) throw CallError("plan must be an object");
  const Napi::Object plan = value.As<Napi::Object>();
  ScanOptions options;
  options.ranges = read_ranges(plan);
  options.ports = read_ports(plan);
  options.rate = read_number(plan, "rate", PacingSchedule::kMaxRate);
  if (options.rate == 0) refuse("rate", "above 0");
  options.auto_rate_cap = read_number(plan, "autoRateCap", PacingSchedule::kMaxRate);
  options.auto_rate = options.auto_rate_cap > 0;
  options.precision = read_precision(plan);
  options.catch_up_ns = static_cast<std::uint64_t>(read_number(plan, "catchUpMs", 1000) *
                                                   static_cast<double>(kNsPerMs));
  options.retries = static_cast<std::uint32_t>(read_count(plan, "retries", 255));
  options.timeout_ns = read_count(plan, "timeoutMs", 1e9) * kNsPerMs;
  options.seed = read_seed(plan);
  options.cookie_key = read_cookie_key(plan);
  options.source_port = static_cast<std::uint16_t>(read_count(plan, "sourcePort", 65535));
  options.interface_name = read_string(plan, "interfaceName");
  options.backend = read_backend(plan);
  options.max_sockets = static_cast<std::uint32_t>(read_count(plan, "maxSockets", 1 << 20));
  options.report_mask = static_cast<std::uint8_t>(read_count(plan, "reportMask", 255));
  read_backoff(plan, options);
  read_hostgroup(plan, options);
  read_record(plan, options);
  options.start_position = read_count(plan, "startPosition", kMaxExact);
  options.end_position = read_count(plan, "endPosition", kMaxExact);
  if (options.end_position < options.start_position)
    refuse("endPosition", "at least startPosition");
  return options;
}

}  // namespace pacegate::binding
