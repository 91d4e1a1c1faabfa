/// \file
/// A small assembler for extended BPF (RFC 9669): instructions in order, jumps to named places,
/// offsets filled in at the end. No compiler is needed where the package runs.
#pragma once

#include <linux/bpf.h>

#include <cstddef>
#include <cstdint>
#include <vector>

namespace pacegate::platform {

/// By its number: r0 takes results, r1 to r5 are arguments and lost in calls, r6 to r9 survive them,
/// `frame` (r10) is the end of 512 bytes of stack.
enum class EbpfRegister : std::uint8_t { r0, r1, r2, r3, r4, r5, r6, r7, r8, r9, frame };

/// Width of a load or store; the values are the instruction set's.
enum class EbpfWidth : std::uint8_t { word = BPF_W, half = BPF_H, byte = BPF_B, whole = BPF_DW };

class EbpfAssembler {
 public:
  using Register = EbpfRegister;
  using Width = EbpfWidth;
  /// A place in the program, made before or after the jumps that lead to it.
  using Label = std::size_t;

  [[nodiscard]] Label new_label();
  /// The next instruction is what `label` means.
  void place(Label label);

  void set(Register to, std::int32_t value);
  void set_wide(Register to, std::uint64_t value);
  void copy(Register to, Register from);
  void add(Register to, std::int32_t value);
  void add(Register to, Register from);
  void subtract(Register to, Register from);
  void bit_and(Register to, std::int32_t mask);
  /// `to` <- the map itself, as the map helpers take it.
  void set_map(Register to, int map_fd);
  /// `to` <- the address of the only value of an array map.
  void set_map_value(Register to, int map_fd);

  void load(Width width, Register to, Register address, std::size_t offset);
  void store(Width width, Register address, std::size_t offset, Register from);
  /// Offsets from `frame` are negative.
  void load_local(Width width, Register to, std::int16_t offset);
  void store_local(Width width, std::int16_t offset, Register from);
  /// A load that later loads, and a store that earlier loads and stores, do not pass: what two cores
  /// need to hand a slot over. 64 bits. \param scratch is overwritten
  void load_acquire(Register to, Register address, std::size_t offset);
  void store_release(Register address, std::size_t offset, Register from, Register scratch);

  void jump(Label target);
  void jump_if_equal(Register a, std::int32_t value, Label target);
  void jump_if_equal(Register a, Register b, Label target);
  void jump_unless_equal(Register a, std::int32_t value, Label target);
  void jump_unless_equal(Register a, Register b, Label target);
  /// Unsigned.
  void jump_if_above(Register a, std::int32_t value, Label target);
  void jump_if_above(Register a, Register b, Label target);
  void jump_if_below(Register a, std::int32_t value, Label target);

  /// \param helper BPF_FUNC_...
  void call(std::int32_t helper);
  /// Ends the program; r0 is its result.
  void exit();

  /// The program. Every label jumped to must have been placed.
  [[nodiscard]] std::vector<bpf_insn> finish() const;

 private:
  static constexpr Label kNone = SIZE_MAX;

  void emit(unsigned code, Register to, Register from, std::int16_t offset, std::int32_t value,
            Label target = kNone);
  void emit_wide(Register to, std::uint8_t kind, std::uint64_t value);

  struct Instruction {
    bpf_insn bits{};
    Label target = kNone;
  };
  std::vector<Instruction> instructions_;
  std::vector<std::size_t> places_;
};

}  // namespace pacegate::platform
