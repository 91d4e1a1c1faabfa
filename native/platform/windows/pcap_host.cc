/// \file
/// Npcap on Windows.
#include "platform/pcap/pcap_host.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>

#include "core/time.h"
#include "platform/clock.h"
#include "platform/error.h"
#include "platform/windows/ip_helper.h"
#include "platform/windows/wide_text.h"

namespace pacegate::platform {
namespace {

class EventWait final : public CaptureWait {
 public:
  /// \param packets Npcap's event; null where a device has none
  explicit EventWait(HANDLE packets) : wake_(CreateEventW(nullptr, FALSE, FALSE, nullptr)) {
    handles_ = {wake_, packets};
    if (wake_ == nullptr) {
      throw PlatformError(Fault::system, "cannot make a wake-up event",
                          static_cast<int>(GetLastError()));
    }
  }
  EventWait(const EventWait&) = delete;
  EventWait& operator=(const EventWait&) = delete;
  ~EventWait() override { CloseHandle(wake_); }

  bool wait(std::uint64_t deadline_ns, For what) noexcept override {
    const std::uint64_t now_ns = monotonic_ns();
    const std::uint64_t left_ns = deadline_ns - std::min(deadline_ns, now_ns);
    const std::uint64_t whole_ms = left_ns / kNsPerMs + (left_ns % kNsPerMs != 0 ? 1 : 0);
    const DWORD count = what == For::wake || handles_[1] == nullptr ? 1 : 2;
    const auto ms = static_cast<DWORD>(std::min<std::uint64_t>(whole_ms, INFINITE - 1));
    return WaitForMultipleObjects(count, handles_.data(), FALSE, ms) == WAIT_OBJECT_0;
  }
  void wake() noexcept override { SetEvent(wake_); }

 private:
  HANDLE wake_;
  std::array<HANDLE, 2> handles_{};
};

std::string device_guid(const Interface& interface) {
  NET_LUID luid{};
  GUID guid{};
  if (ConvertInterfaceIndexToLuid(interface.index, &luid) != NO_ERROR ||
      ConvertInterfaceLuidToGuid(&luid, &guid) != NO_ERROR) {
    throw PlatformError(Fault::no_such_interface, interface.name + " no longer exists");
  }
  std::array<char, 40> text{};  // "{", 36 characters, "}" and the end
  const auto& tail = guid.Data4;
  std::snprintf(text.data(), text.size(),
                "{%08lX-%04hX-%04hX-%02hhX%02hhX-%02hhX%02hhX%02hhX%02hhX%02hhX%02hhX}", guid.Data1,
                guid.Data2, guid.Data3, tail[0], tail[1], tail[2], tail[3], tail[4], tail[5],
                tail[6], tail[7]);
  return text.data();
}

}  // namespace

std::vector<std::string> pcap_library_names() {
  std::array<wchar_t, MAX_PATH> folder{};
  const UINT length = GetSystemDirectoryW(folder.data(), static_cast<UINT>(folder.size()));
  if (length == 0 || length >= folder.size()) return {};
  return {utf8_from_wide(folder.data()) + "\\Npcap\\wpcap.dll"};
}

const char* how_to_get_pcap() noexcept {
  return "install Npcap from https://npcap.com";
}

/// The library's own folder, where its second half (Packet.dll) is, is searched for this one call:
/// SetDllDirectory would change the search of the whole process.
void* load_library(const std::string& name, std::string& complaint) {
  const HMODULE library =
      LoadLibraryExW(wide_from_utf8(name).c_str(), nullptr,
                     LOAD_LIBRARY_SEARCH_DLL_LOAD_DIR | LOAD_LIBRARY_SEARCH_SYSTEM32);
  if (library == nullptr) {
    complaint = name + ": Windows error " + std::to_string(GetLastError());
  }
  return library;
}

void* find_function(void* library, const char* name) noexcept {
  return reinterpret_cast<void*>(GetProcAddress(static_cast<HMODULE>(library), name));
}

std::string pcap_device_name(const Interface& interface) {
  if (interface.link == LinkType::loopback) return "\\Device\\NPF_Loopback";
  return "\\Device\\NPF_" + device_guid(interface);
}

/// Npcap hands such packets to the stack from below.
bool loopback_answers_pcap() noexcept {
  return true;
}

/// Npcap names no reason that could be told apart.
int last_injection_error() noexcept {
  return EIO;
}

std::unique_ptr<CaptureWait> make_capture_wait(const libpcap::Functions& functions,
                                               libpcap::Handle* handle) {
  return std::make_unique<EventWait>(functions.getevent(handle));
}

}  // namespace pacegate::platform
