#include "binding/scan_calls.h"

#include <cstdint>
#include <cstring>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "binding/bucket_place.h"
#include "binding/environment.h"
#include "binding/scan_object.h"
#include "binding/scan_plan.h"
#include "core/limit/pacing_schedule.h"

namespace pacegate::binding {
namespace {

ScanEngine& engine_of(const Call& call) {
  return call.environment().scans.at(call.int32(0)).engine();
}

napi_value scan_create(Call& call) {
  const ScanOptions options = read_scan_plan(call.value(0));
  std::optional<SharedPlace> limiter;
  if (!call.value(1).IsUndefined()) limiter.emplace(join_shared_bucket(call, 1));
  auto scan = std::make_unique<ScanObject>(call.env(), options, std::move(limiter));
  return call.int32_value(call.environment().scans.add(std::move(scan)));
}

napi_value scan_start(Call& call) {
  engine_of(call).start();
  return Call::nothing();
}

napi_value scan_pause(Call& call) {
  engine_of(call).pause();
  return Call::nothing();
}

napi_value scan_resume(Call& call) {
  engine_of(call).resume();
  return Call::nothing();
}

napi_value scan_stop(Call& call) {
  engine_of(call).stop();
  return Call::nothing();
}

napi_value scan_set_rate(Call& call) {
  const double rate = call.number(1);
  if (!(rate > 0 && rate <= PacingSchedule::kMaxRate)) {
    throw CallError("rate must be above 0 and at most 1e9");
  }
  engine_of(call).set_rate(rate);
  return Call::nothing();
}

napi_value scan_set_cap_part(Call& call) {
  const double part = call.number(1);
  if (!(part > 0 && part <= 1)) throw CallError("part must be above 0 and at most 1");
  engine_of(call).set_cap_part(part);
  return Call::nothing();
}

napi_value scan_drain(Call& call) {
  const Napi::Value value = call.value(1);
  if (!value.IsTypedArray() || value.As<Napi::TypedArray>().TypedArrayType() != napi_uint8_array) {
    throw CallError("records must be a Uint8Array");
  }
  auto out = value.As<Napi::Uint8Array>();
  ScanRecord records[256];
  std::size_t copied = 0;
  // By way of the stack: a Uint8Array promises no alignment.
  for (;;) {
    const std::size_t room = out.ElementLength() / sizeof(ScanRecord) - copied;
    const std::size_t count =
        engine_of(call).drain(std::span(records, std::min(room, std::size(records))));
    if (count == 0) return call.number_value(static_cast<double>(copied));
    std::memcpy(out.Data() + copied * sizeof(ScanRecord), records, count * sizeof(ScanRecord));
    copied += count;
  }
}

napi_value scan_slots(Call& call) {
  return call.environment().scans.at(call.int32(0)).slots();
}

napi_value scan_backend(Call& call) {
  return Napi::String::New(call.env(), engine_of(call).backend());
}

napi_value scan_notes(Call& call) {
  const std::vector<std::string>& notes = engine_of(call).notes();
  const Napi::Array list = Napi::Array::New(call.env(), notes.size());
  for (std::uint32_t i = 0; i < notes.size(); ++i) list.Set(i, notes[i]);
  return list;
}

napi_value scan_hosts(Call& call) {
  const HostProgress progress = engine_of(call).host_progress();
  Napi::Float64Array words = Napi::Float64Array::New(call.env(), 1 + 2 * progress.unended.size());
  words[0] = static_cast<double>(progress.begun);
  std::size_t next = 0;
  for (const HostMark& mark : progress.unended) {
    words[++next] = static_cast<double>(mark.rank);
    words[++next] = mark.turn;
  }
  return words;
}

napi_value scan_destroy(Call& call) {
  call.environment().scans.remove(call.int32(0));
  return Call::nothing();
}

}  // namespace

void register_scan_calls(Exports& exports) {
  exports.add<scan_create>("scan_create");
  exports.add<scan_start>("scan_start");
  exports.add<scan_pause>("scan_pause");
  exports.add<scan_resume>("scan_resume");
  exports.add<scan_stop>("scan_stop");
  exports.add<scan_set_rate>("scan_set_rate");
  exports.add<scan_set_cap_part>("scan_set_cap_part");
  exports.add<scan_drain>("scan_drain");
  exports.add<scan_slots>("scan_slots");
  exports.add<scan_backend>("scan_backend");
  exports.add<scan_notes>("scan_notes");
  exports.add<scan_hosts>("scan_hosts");
  exports.add<scan_destroy>("scan_destroy");
}

}  // namespace pacegate::binding
