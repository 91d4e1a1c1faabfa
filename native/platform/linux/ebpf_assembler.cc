#include "platform/linux/ebpf_assembler.h"

namespace pacegate::platform {
namespace {

constexpr auto kNoRegister = EbpfRegister::r0;

constexpr unsigned alu(unsigned operation, unsigned operand) {
  return BPF_ALU64 | operation | operand;
}

unsigned code_of(EbpfWidth width) {
  return static_cast<unsigned>(width);
}

}  // namespace

EbpfAssembler::Label EbpfAssembler::new_label() {
  places_.push_back(0);
  return places_.size() - 1;
}

void EbpfAssembler::place(Label label) {
  places_[label] = instructions_.size();
}

void EbpfAssembler::set(Register to, std::int32_t value) {
  emit(alu(BPF_MOV, BPF_K), to, kNoRegister, 0, value);
}
void EbpfAssembler::set_wide(Register to, std::uint64_t value) {
  emit_wide(to, 0, value);
}
void EbpfAssembler::copy(Register to, Register from) {
  emit(alu(BPF_MOV, BPF_X), to, from, 0, 0);
}
void EbpfAssembler::add(Register to, std::int32_t value) {
  emit(alu(BPF_ADD, BPF_K), to, kNoRegister, 0, value);
}
void EbpfAssembler::add(Register to, Register from) {
  emit(alu(BPF_ADD, BPF_X), to, from, 0, 0);
}
void EbpfAssembler::subtract(Register to, Register from) {
  emit(alu(BPF_SUB, BPF_X), to, from, 0, 0);
}
void EbpfAssembler::bit_and(Register to, std::int32_t mask) {
  emit(alu(BPF_AND, BPF_K), to, kNoRegister, 0, mask);
}
void EbpfAssembler::set_map(Register to, int map_fd) {
  emit_wide(to, BPF_PSEUDO_MAP_FD, static_cast<std::uint32_t>(map_fd));
}
void EbpfAssembler::set_map_value(Register to, int map_fd) {
  emit_wide(to, BPF_PSEUDO_MAP_VALUE, static_cast<std::uint32_t>(map_fd));
}

void EbpfAssembler::load(Width width, Register to, Register address, std::size_t offset) {
  emit(BPF_LDX | BPF_MEM | code_of(width), to, address, static_cast<std::int16_t>(offset), 0);
}
void EbpfAssembler::store(Width width, Register address, std::size_t offset, Register from) {
  emit(BPF_STX | BPF_MEM | code_of(width), address, from, static_cast<std::int16_t>(offset), 0);
}
void EbpfAssembler::load_local(Width width, Register to, std::int16_t offset) {
  emit(BPF_LDX | BPF_MEM | code_of(width), to, Register::frame, offset, 0);
}
void EbpfAssembler::store_local(Width width, std::int16_t offset, Register from) {
  emit(BPF_STX | BPF_MEM | code_of(width), Register::frame, from, offset, 0);
}

// x86 lets no load pass an earlier load and no store an earlier access: plain moves do. Elsewhere the
// atomic instructions that return a value are full barriers.
void EbpfAssembler::load_acquire(Register to, Register address, std::size_t offset) {
#ifdef __x86_64__
  load(Width::whole, to, address, offset);
#else
  set(to, 0);
  emit(BPF_STX | BPF_ATOMIC | BPF_DW, address, to, static_cast<std::int16_t>(offset),
       BPF_ADD | BPF_FETCH);
#endif
}
void EbpfAssembler::store_release(Register address, std::size_t offset, Register from,
                                  [[maybe_unused]] Register scratch) {
#ifdef __x86_64__
  store(Width::whole, address, offset, from);
#else
  copy(scratch, from);
  emit(BPF_STX | BPF_ATOMIC | BPF_DW, address, scratch, static_cast<std::int16_t>(offset),
       BPF_XCHG);
#endif
}

void EbpfAssembler::jump(Label target) {
  emit(BPF_JMP | BPF_JA, kNoRegister, kNoRegister, 0, 0, target);
}
void EbpfAssembler::jump_if_equal(Register a, std::int32_t value, Label target) {
  emit(BPF_JMP | BPF_JEQ | BPF_K, a, kNoRegister, 0, value, target);
}
void EbpfAssembler::jump_if_equal(Register a, Register b, Label target) {
  emit(BPF_JMP | BPF_JEQ | BPF_X, a, b, 0, 0, target);
}
void EbpfAssembler::jump_unless_equal(Register a, std::int32_t value, Label target) {
  emit(BPF_JMP | BPF_JNE | BPF_K, a, kNoRegister, 0, value, target);
}
void EbpfAssembler::jump_unless_equal(Register a, Register b, Label target) {
  emit(BPF_JMP | BPF_JNE | BPF_X, a, b, 0, 0, target);
}
void EbpfAssembler::jump_if_above(Register a, std::int32_t value, Label target) {
  emit(BPF_JMP | BPF_JGT | BPF_K, a, kNoRegister, 0, value, target);
}
void EbpfAssembler::jump_if_above(Register a, Register b, Label target) {
  emit(BPF_JMP | BPF_JGT | BPF_X, a, b, 0, 0, target);
}
void EbpfAssembler::jump_if_below(Register a, std::int32_t value, Label target) {
  emit(BPF_JMP | BPF_JLT | BPF_K, a, kNoRegister, 0, value, target);
}

void EbpfAssembler::call(std::int32_t helper) {
  emit(BPF_JMP | BPF_CALL, kNoRegister, kNoRegister, 0, helper);
}
void EbpfAssembler::exit() {
  emit(BPF_JMP | BPF_EXIT, kNoRegister, kNoRegister, 0, 0);
}

void EbpfAssembler::emit(unsigned code, Register to, Register from, std::int16_t offset,
                         std::int32_t value, Label target) {
  Instruction instruction;
  instruction.bits.code = static_cast<std::uint8_t>(code);
  instruction.bits.dst_reg = static_cast<std::uint8_t>(to) & 0xfU;
  instruction.bits.src_reg = static_cast<std::uint8_t>(from) & 0xfU;
  instruction.bits.off = offset;
  instruction.bits.imm = value;
  instruction.target = target;
  instructions_.push_back(instruction);
}

/// The one instruction of double length: the second half holds the upper 32 bits.
void EbpfAssembler::emit_wide(Register to, std::uint8_t kind, std::uint64_t value) {
  emit(BPF_LD | BPF_IMM | BPF_DW, to, static_cast<Register>(kind), 0,
       static_cast<std::int32_t>(static_cast<std::uint32_t>(value)));
  emit(0, kNoRegister, kNoRegister, 0, static_cast<std::int32_t>(value >> 32));
}

std::vector<bpf_insn> EbpfAssembler::finish() const {
  std::vector<bpf_insn> program;
  program.reserve(instructions_.size());
  for (const Instruction& instruction : instructions_) {
    bpf_insn bits = instruction.bits;
    if (instruction.target != kNone) {
      // Jumps count from the instruction after the jump.
      bits.off = static_cast<std::int16_t>(places_[instruction.target] - (program.size() + 1));
    }
    program.push_back(bits);
  }
  return program;
}

}  // namespace pacegate::platform
