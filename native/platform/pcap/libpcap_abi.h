/// \file
/// The part of libpcap's binary interface that pacegate uses. It has been stable since libpcap 1.5
/// (2013) and is Npcap's too, so that neither their headers nor their import libraries are needed to
/// build. Names follow libpcap's, without its prefix.
#pragma once

#ifndef _WIN32
#include <sys/time.h>
#endif

#include <array>
#include <cstdint>

namespace pacegate::platform::libpcap {

struct Handle;  ///< pcap_t

#ifdef _WIN32
/// Winsock's timeval, without its header.
struct TimeStamp {
  long tv_sec;
  long tv_usec;
};
#else
using TimeStamp = timeval;
#endif

/// pcap_pkthdr; on macOS more follows.
struct PacketHeader {
  TimeStamp time;  ///< wall clock
  std::uint32_t captured_bytes;
  std::uint32_t wire_bytes;
};

/// pcap_stat.
struct Statistics {
  unsigned received;
  unsigned dropped;  ///< for lack of room
  unsigned dropped_by_device;
  std::array<unsigned, 5> later;  ///< room for what some systems append
};

/// bpf_insn and bpf_program.
struct Instruction {
  std::uint16_t code;
  std::uint8_t if_true;
  std::uint8_t if_false;
  std::uint32_t operand;
};
struct Program {
  unsigned count;
  Instruction* instructions;
};

/// Room that a call wants for its complaint.
inline constexpr std::size_t kErrorBytes = 256;

inline constexpr int kErrorNoSuchDevice = -5;
inline constexpr int kErrorNotPermitted = -8;
inline constexpr int kErrorDeviceDown = -9;
inline constexpr int kErrorPromiscuousNotPermitted = -11;

inline constexpr std::uint32_t kAnyNetmask = 0xffffffff;
inline constexpr int kDirectionIn = 1;

/// The functions, by their names without `pcap_`.
struct Functions {
  Handle* (*create)(const char* device, char* error);
  int (*set_snaplen)(Handle*, int bytes);
  int (*set_promisc)(Handle*, int on);
  int (*set_immediate_mode)(Handle*, int on);
  int (*set_buffer_size)(Handle*, int bytes);
  int (*activate)(Handle*);
  void (*close)(Handle*);
  const char* (*statustostr)(int status);
  char* (*geterr)(Handle*);
  int (*setnonblock)(Handle*, int on, char* error);
  int (*setdirection)(Handle*, int direction);
  int (*datalink)(Handle*);
  int (*compile)(Handle*, Program*, const char* text, int optimise, std::uint32_t netmask);
  int (*setfilter)(Handle*, Program*);
  void (*freecode)(Program*);
  int (*next_ex)(Handle*, PacketHeader**, const std::uint8_t** bytes);
  int (*sendpacket)(Handle*, const std::uint8_t* bytes, int size);
  int (*stats)(Handle*, Statistics*);
  const char* (*lib_version)();
#ifdef _WIN32
  void* (*getevent)(Handle*);
#else
  int (*get_selectable_fd)(Handle*);
#endif
};

}  // namespace pacegate::platform::libpcap
