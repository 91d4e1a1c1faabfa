#include "responder/programs.h"

#include <bpf/bpf.h>
#include <unistd.h>

#include <cerrno>
#include <stdexcept>
#include <system_error>

namespace pacegate::responder {
namespace {

/// Empty for a program that has gone in the meantime.
std::string name_of(__u32 id) {
  const int fd = bpf_prog_get_fd_by_id(id);
  if (fd < 0) return {};
  bpf_prog_info info{};
  __u32 size = sizeof info;
  const int error = bpf_obj_get_info_by_fd(fd, &info, &size);
  close(fd);
  return error == 0 ? info.name : std::string();
}

}  // namespace

std::string loaded_programs() {
  std::string list;
  __u32 id = 0;
  while (bpf_prog_get_next_id(id, &id) == 0) {
    list += list.empty() ? "" : ",";
    list += R"({"id":)" + std::to_string(id) + R"(,"name":")" + name_of(id) + "\"}";
  }
  if (errno != ENOENT) {
    throw std::runtime_error("cannot list BPF programs: " + std::generic_category().message(errno));
  }
  return "[" + list + "]";
}

}  // namespace pacegate::responder
