#include "engine/scan/scan_engine.h"

#include <cerrno>
#include <exception>
#include <system_error>
#include <utility>
#include <vector>

#include "engine/record/recording.h"
#include "engine/scan/capture_loop.h"
#include "engine/scan/scan_context.h"
#include "engine/scan/send_loop.h"

namespace pacegate {
namespace {

ScanPhase phase_of(SendLoop::End end) {
  switch (end) {
    case SendLoop::End::complete:
      return ScanPhase::done;
    case SendLoop::End::failed:
      return ScanPhase::failed;
    case SendLoop::End::stopped:
    case SendLoop::End::abandoned:
      break;
  }
  return ScanPhase::stopped;
}

}  // namespace

ScanEngine::ScanEngine(ScanOptions options, Network network, ScanSlots& slots)
    : backend_(network.backend()),
      notes_(network.notes),
      recorder_(record(network, options, slots)),
      context_(std::make_unique<ScanContext>(std::move(options), std::move(network), slots)),
      registration_({context_->options.source_port, context_->options.cookie_key}) {
  control_.rate_is_cap = context_->options.auto_rate;
  control_.rate.store(context_->options.auto_rate ? context_->options.auto_rate_cap
                                                  : context_->options.rate);
}

ScanEngine::~ScanEngine() {
  context_->abandoned.store(true, std::memory_order_release);
  context_->records.abandon();
  for (std::size_t i = 0; i < context_->feeds.size(); ++i) {
    context_->feeds[i]->records.abandon();
    context_->feeds[i]->heard.abandon();
    context_->network.links[i].receiver->wake();
  }
  control_.waiter.wake();
  if (thread_.joinable()) thread_.join();
}

void ScanEngine::start() {
  if (!thread_.joinable()) thread_ = std::thread([this] { run(); });
}

// The phase that tells JavaScript that the scan is over is set last, when no thread can add a
// finding.
void ScanEngine::run() {
  ScanPhase phase = ScanPhase::failed;
  std::vector<std::thread> captures;
  try {
    if (recorder_) recorder_->start();
    for (std::size_t i = 0; i < context_->network.links.size(); ++i) {
      captures.emplace_back([this, i] { CaptureLoop(*context_, i).run(); });
    }
    SendLoop sending(*context_, control_);
    phase = phase_of(sending.run());
  } catch (const std::system_error& error) {  // no more threads to be had
    context_->slots.set(kSlotFaultErrno, error.code().value());
  } catch (const std::exception&) {  // no more memory to be had
    context_->slots.set(kSlotFaultErrno, ENOMEM);
  }
  context_->finished.store(true, std::memory_order_release);
  // The sending thread hears nothing any more.
  for (const auto& feed : context_->feeds) feed->heard.abandon();
  for (const Link& link : context_->network.links) link.receiver->wake();
  for (std::thread& capture : captures) capture.join();
  if (recorder_) recorder_->finish();
  context_->publish_end();
  context_->slots.publish(kSlotPhase, static_cast<double>(phase));
}

void ScanEngine::pause() noexcept {
  control_.paused.store(true, std::memory_order_release);
}

void ScanEngine::resume() noexcept {
  control_.paused.store(false, std::memory_order_release);
  control_.waiter.wake();
}

void ScanEngine::stop() noexcept {
  control_.stop_asked.store(true, std::memory_order_release);
  control_.paused.store(false, std::memory_order_release);
  control_.waiter.wake();
}

void ScanEngine::set_rate(double rate) noexcept {
  control_.rate.store(rate, std::memory_order_relaxed);
  control_.waiter.wake();
}

void ScanEngine::set_cap_part(double part) noexcept {
  control_.cap_part.store(part, std::memory_order_relaxed);
  control_.waiter.wake();
}

HostProgress ScanEngine::host_progress() const {
  return context_->journal.read();
}

std::size_t ScanEngine::drain(std::span<ScanRecord> out) noexcept {
  // Who has seen the last phase finds the last records, also on machines that reorder memory.
  (void)context_->slots.get_acquired(kSlotPhase);
  std::size_t count = context_->records.pop(out);
  for (const auto& feed : context_->feeds) count += feed->records.pop(out.subspan(count));
  return count;
}

}  // namespace pacegate
