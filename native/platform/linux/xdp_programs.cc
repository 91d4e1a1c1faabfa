#include "platform/linux/xdp_programs.h"

#include <linux/if_ether.h>

#include <cstddef>

#include "core/time.h"
#include "platform/linux/ebpf_assembler.h"

namespace pacegate::platform {
namespace {

using enum EbpfRegister;
using Width = EbpfWidth;
using Label = EbpfAssembler::Label;

constexpr std::size_t kHead = offsetof(XdpControl, head);
constexpr std::size_t kThreadId = offsetof(XdpControl, thread_id);
constexpr std::size_t kTail = offsetof(XdpControl, tail);
constexpr std::size_t kSent = offsetof(XdpControl, sent);
constexpr std::size_t kRefused = offsetof(XdpControl, refused);
constexpr std::size_t kClock = offsetof(XdpControl, clock_ns);
constexpr std::size_t kIdleSince = offsetof(XdpControl, idle_since_ns);
constexpr std::size_t kRest = offsetof(XdpControl, rest);
constexpr std::size_t kRunning = offsetof(XdpControl, running);
constexpr std::size_t kAtNs = offsetof(XdpSlotHeader, at_ns);
constexpr std::size_t kLength = offsetof(XdpSlotHeader, length);

// Registers that survive calls.
constexpr auto kContext = r6;
constexpr auto kControl = r7;
constexpr auto kTailNow = r8;
constexpr auto kSlot = r9;

constexpr std::int32_t kNoDevice = 0;
constexpr std::int32_t kClockFrames = 16;  // a power of two

constexpr auto kRestAfterNs = static_cast<std::int32_t>(kNsPerSecond);

constexpr std::int16_t kLocalKey = -4;
constexpr std::int16_t kLocalIds = -8;

class SenderProgram {
 public:
  SenderProgram(const XdpRing& ring, std::uint32_t device, std::size_t template_bytes)
      : ring_(ring),
        device_(static_cast<std::int32_t>(device)),
        template_bytes_(static_cast<std::int32_t>(template_bytes)) {}

  std::vector<bpf_insn> assemble() {
    code_.copy(kContext, r1);
    find_oldest();
    await_departure();
    write_frame();
    take_slot();
    code_.set(r1, device_);
    code_.set(r2, 0);
    code_.call(BPF_FUNC_redirect);
    code_.exit();
    refuse();
    idle();
    drop();
    return code_.finish();
  }

 private:
  /// kSlot <- the oldest frame handed over.
  void find_oldest() {
    code_.set_map_value(kControl, ring_.control_fd());
    code_.load(Width::whole, kTailNow, kControl, kTail);
    code_.load_acquire(r1, kControl, kHead);
    code_.jump_if_equal(r1, kTailNow, empty_);
    code_.copy(r1, kTailNow);
    code_.bit_and(r1, static_cast<std::int32_t>(ring_.count() - 1));
    code_.store_local(Width::word, kLocalKey, r1);
    code_.copy(r2, frame);
    code_.add(r2, kLocalKey);
    code_.set_map(r1, ring_.slots_fd());
    code_.call(BPF_FUNC_map_lookup_elem);
    code_.jump_if_equal(r0, 0, nothing_due_);
    code_.copy(kSlot, r0);
  }

  /// The clock is read when it has to be: a departure that the last reading has passed has come. So
  /// that late frames too are given the time at which they leave, to within a few frames, a reading
  /// serves kClockFrames at most, and none is kept while nothing is sent.
  void await_departure() {
    const Label read_clock = code_.new_label();
    const Label due = code_.new_label();
    code_.copy(r2, kTailNow);
    code_.bit_and(r2, kClockFrames - 1);
    code_.jump_if_equal(r2, 0, read_clock);
    code_.load(Width::whole, r1, kSlot, kAtNs);
    code_.load(Width::whole, r0, kControl, kClock);
    code_.jump_if_above(r1, r0, read_clock);
    code_.jump(due);
    code_.place(read_clock);
    code_.call(BPF_FUNC_ktime_get_ns);
    code_.store(Width::whole, kControl, kClock, r0);
    code_.load(Width::whole, r1, kSlot, kAtNs);
    code_.jump_if_above(r1, r0, nothing_due_);
    code_.place(due);
    code_.store(Width::whole, kSlot, kAtNs, r0);
  }

  /// The run's frame begins at the template's length, and holds what the last run on it left.
  void write_frame() {
    const Label fits = code_.new_label();
    code_.load(Width::half, r2, kSlot, kLength);
    code_.jump_if_equal(r2, template_bytes_, fits);
    code_.add(r2, -template_bytes_);
    code_.copy(r1, kContext);
    code_.call(BPF_FUNC_xdp_adjust_tail);
    code_.jump_unless_equal(r0, 0, refuse_);
    code_.place(fits);
    copy_frame();
  }

  /// Word by word, then the last eight bytes, which overlap. A third faster than the helper for it.
  void copy_frame() {
    constexpr std::int32_t kWord = 8;
    constexpr auto kFrame = sizeof(XdpSlotHeader);
    const Label last = code_.new_label();
    // Read again and compared: the verifier wants bounds, and forgets them over a call.
    code_.load(Width::half, r5, kSlot, kLength);
    code_.jump_if_below(r5, ETH_HLEN, refuse_);
    code_.jump_if_above(r5, static_cast<std::int32_t>(ring_.frame_bytes()), refuse_);
    code_.load(Width::word, r1, kContext, offsetof(xdp_md, data));
    code_.load(Width::word, r2, kContext, offsetof(xdp_md, data_end));
    for (std::size_t at = 0; at + kWord <= ring_.frame_bytes(); at += kWord) {
      code_.copy(r3, r1);
      code_.add(r3, static_cast<std::int32_t>(at) + kWord);
      code_.jump_if_above(r3, r2, last);
      code_.load(Width::whole, r4, kSlot, kFrame + at);
      code_.store(Width::whole, r1, at, r4);
    }
    code_.place(last);
    code_.add(r5, -kWord);
    code_.add(r1, r5);
    code_.copy(r3, r1);
    code_.add(r3, kWord);
    code_.jump_if_above(r3, r2, refuse_);
    code_.copy(r3, kSlot);
    code_.add(r3, r5);
    code_.load(Width::whole, r4, r3, kFrame);
    code_.store(Width::whole, r1, 0, r4);
  }

  /// The slot is the sending thread's again.
  void take_slot() {
    code_.set(r1, 0);
    code_.store(Width::whole, kControl, kIdleSince, r1);
    code_.add(kTailNow, 1);
    code_.store_release(kControl, kTail, kTailNow, r1);
  }

  /// A frame shorter than an Ethernet header cannot be made.
  void refuse() {
    code_.place(refuse_);
    code_.load(Width::whole, r1, kControl, kRefused);
    code_.add(r1, 1);
    code_.store(Width::whole, kControl, kRefused, r1);
    take_slot();
    code_.set(r0, XDP_DROP);
    code_.exit();
  }

  /// Nothing to send: asks, once, for the end of the call when that has gone on for a while.
  void idle() {
    const Label counting = code_.new_label();
    code_.place(empty_);
    code_.call(BPF_FUNC_ktime_get_ns);
    code_.load(Width::whole, r1, kControl, kIdleSince);
    code_.jump_unless_equal(r1, 0, counting);
    code_.store(Width::whole, kControl, kIdleSince, r0);
    code_.jump(nothing_due_);
    code_.place(counting);
    code_.add(r1, kRestAfterNs);
    code_.jump_if_above(r1, r0, nothing_due_);
    code_.load(Width::whole, r1, kControl, kRest);
    code_.jump_unless_equal(r1, kXdpBusy, nothing_due_);
    code_.set(r1, kXdpRestAsked);
    code_.store(Width::whole, kControl, kRest, r1);
    code_.set(r1, kNoDevice);
    code_.set(r2, 0);
    code_.call(BPF_FUNC_redirect);
    code_.exit();
  }

  void drop() {
    code_.place(nothing_due_);
    code_.set(r1, 1);
    code_.store(Width::whole, kControl, kRunning, r1);
    code_.set(r1, 0);
    code_.store(Width::whole, kControl, kClock, r1);
    code_.set(r0, XDP_DROP);
    code_.exit();
  }

  const XdpRing& ring_;
  std::int32_t device_;
  std::int32_t template_bytes_;
  EbpfAssembler code_;
  Label nothing_due_ = code_.new_label();
  Label empty_ = code_.new_label();
  Label refuse_ = code_.new_label();
};

/// Leaves the program unless it runs on the call's own thread.
void require_own_thread(EbpfAssembler& code, const PidNamespace& pids, Label leave) {
  static_assert(offsetof(bpf_pidns_info, pid) == 0 && sizeof(bpf_pidns_info) == 8);
  code.set_wide(r1, pids.device);
  code.set_wide(r2, pids.inode);
  code.copy(r3, frame);
  code.add(r3, kLocalIds);
  code.set(r4, sizeof(bpf_pidns_info));
  code.call(BPF_FUNC_get_ns_current_pid_tgid);
  code.jump_unless_equal(r0, 0, leave);
  code.load_local(Width::word, r1, kLocalIds);
  code.load(Width::whole, r2, kControl, kThreadId);
  code.jump_unless_equal(r1, r2, leave);
}

/// The redirection that asks for a rest is answered by the signal, and leaves the program.
void answer_rest(EbpfAssembler& code, int rest_signal, Label leave) {
  const Label goes_on = code.new_label();
  code.load(Width::whole, r1, kControl, kRest);
  code.jump_unless_equal(r1, kXdpRestAsked, goes_on);
  code.set(r1, kXdpRestSignalled);
  code.store(Width::whole, kControl, kRest, r1);
  code.set(r1, rest_signal);
  code.call(BPF_FUNC_send_signal_thread);
  code.jump(leave);
  code.place(goes_on);
}

/// Leaves the program when all that was sent off is accounted for.
void require_unaccounted(EbpfAssembler& code, Label leave) {
  code.load(Width::whole, r1, kControl, kTail);
  code.load(Width::whole, r2, kControl, kSent);
  code.load(Width::whole, r3, kControl, kRefused);
  code.add(r2, r3);
  const Label counts = code.new_label();
  code.jump_if_above(r1, r2, counts);
  code.jump(leave);
  code.place(counts);
}

/// \param argument of the tracepoint, 32 bits
void add_argument(EbpfAssembler& code, std::size_t counter, std::size_t argument) {
  code.load(Width::word, r1, kContext, argument * sizeof(std::uint64_t));
  code.load(Width::whole, r2, kControl, counter);
  code.add(r2, r1);
  code.store(Width::whole, kControl, counter, r2);
}

}  // namespace

std::vector<bpf_insn> assemble_xdp_sender(const XdpRing& ring, std::uint32_t device,
                                          std::size_t template_bytes) {
  return SenderProgram(ring, device, template_bytes).assemble();
}

const char* tracepoint_of(XdpEvent event) noexcept {
  return event == XdpEvent::transmitted ? "xdp_devmap_xmit" : "xdp_redirect_err";
}

std::vector<bpf_insn> assemble_xdp_counter(const XdpRing& ring, XdpEvent event,
                                           const PidNamespace& pids, int rest_signal) {
  EbpfAssembler code;
  const Label leave = code.new_label();
  code.copy(kContext, r1);
  code.set_map_value(kControl, ring.control_fd());
  require_own_thread(code, pids, leave);
  if (event == XdpEvent::redirect_failed) answer_rest(code, rest_signal, leave);
  require_unaccounted(code, leave);
  if (event == XdpEvent::transmitted) {
    // Arguments: from device, to device, sent, dropped, error.
    add_argument(code, kSent, 2);
    add_argument(code, kRefused, 3);
  } else {
    code.load(Width::whole, r1, kControl, kRefused);
    code.add(r1, 1);
    code.store(Width::whole, kControl, kRefused, r1);
  }
  code.place(leave);
  code.set(r0, 0);
  code.exit();
  return code.finish();
}

}  // namespace pacegate::platform
