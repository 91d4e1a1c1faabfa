#include "platform/linux/bpf_assembler.h"

namespace pacegate::platform {

BpfAssembler::Label BpfAssembler::new_label() {
  places_.push_back(0);
  return places_.size() - 1;
}

void BpfAssembler::place(Label label) {
  places_[label] = instructions_.size();
}

void BpfAssembler::load_protocol() {
  add(BPF_LD | BPF_W | BPF_ABS, static_cast<std::uint32_t>(SKF_AD_OFF + SKF_AD_PROTOCOL));
}
void BpfAssembler::load_byte(std::uint32_t offset) {
  add(BPF_LD | BPF_B | BPF_ABS, offset);
}
void BpfAssembler::load_half(std::uint32_t offset) {
  add(BPF_LD | BPF_H | BPF_ABS, offset);
}
void BpfAssembler::load_ipv4_header_length() {
  add(BPF_LDX | BPF_B | BPF_MSH, 0);
}
void BpfAssembler::load_byte_after_x(std::uint32_t offset) {
  add(BPF_LD | BPF_B | BPF_IND, offset);
}
void BpfAssembler::load_half_after_x(std::uint32_t offset) {
  add(BPF_LD | BPF_H | BPF_IND, offset);
}

void BpfAssembler::jump_if_equal(std::uint32_t value, Label target) {
  add(BPF_JMP | BPF_JEQ | BPF_K, value, target, kNext);
}
void BpfAssembler::jump_unless_equal(std::uint32_t value, Label target) {
  add(BPF_JMP | BPF_JEQ | BPF_K, value, kNext, target);
}
void BpfAssembler::jump_if_any_bit(std::uint32_t mask, Label target) {
  add(BPF_JMP | BPF_JSET | BPF_K, mask, target, kNext);
}

void BpfAssembler::give(std::uint32_t bytes) {
  add(BPF_RET | BPF_K, bytes);
}

void BpfAssembler::add(unsigned code, std::uint32_t operand, Label if_true, Label if_false) {
  instructions_.push_back({static_cast<std::uint16_t>(code), operand, if_true, if_false});
}

std::vector<sock_filter> BpfAssembler::finish() const {
  std::vector<sock_filter> program;
  program.reserve(instructions_.size());
  for (const Instruction& instruction : instructions_) {
    // Jumps count from the instruction after the jump.
    const std::size_t next = program.size() + 1;
    const auto distance = [&](Label label) {
      return static_cast<std::uint8_t>(label == kNext ? 0 : places_[label] - next);
    };
    program.push_back({instruction.code, distance(instruction.if_true),
                       distance(instruction.if_false), instruction.operand});
  }
  return program;
}

}  // namespace pacegate::platform
