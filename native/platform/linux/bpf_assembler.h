/// \file
/// A small assembler for classic BPF (Linux: Documentation/networking/filter.rst): instructions in
/// order, jumps to named places, offsets filled in at the end.
#pragma once

#include <linux/filter.h>

#include <cstdint>
#include <vector>

namespace pacegate::platform {

class BpfAssembler {
 public:
  /// A place in the program, made before or after the jumps that lead to it.
  using Label = std::size_t;

  [[nodiscard]] Label new_label();
  /// The next instruction is what `label` means.
  void place(Label label);

  /// A <- the link-layer protocol (ether type), host order.
  void load_protocol();
  /// A <- byte, or big-endian 16-bit word, at a fixed offset.
  void load_byte(std::uint32_t offset);
  void load_half(std::uint32_t offset);
  /// X <- length in bytes of the IPv4 header at offset 0.
  void load_ipv4_header_length();
  /// A <- byte, or 16-bit word, at X + offset.
  void load_byte_after_x(std::uint32_t offset);
  void load_half_after_x(std::uint32_t offset);

  void jump_if_equal(std::uint32_t value, Label target);
  void jump_unless_equal(std::uint32_t value, Label target);
  void jump_if_any_bit(std::uint32_t mask, Label target);
  /// Ends the program. \param bytes of the packet to keep; 0 drops it
  void give(std::uint32_t bytes);

  /// The program. Every label jumped to must have been placed, less than 256 instructions on.
  [[nodiscard]] std::vector<sock_filter> finish() const;

 private:
  static constexpr Label kNext = SIZE_MAX;  ///< falls through

  struct Instruction {
    std::uint16_t code = 0;
    std::uint32_t operand = 0;
    Label if_true = kNext;
    Label if_false = kNext;
  };

  void add(unsigned code, std::uint32_t operand, Label if_true = kNext, Label if_false = kNext);

  std::vector<Instruction> instructions_;
  std::vector<std::size_t> places_;
};

}  // namespace pacegate::platform
