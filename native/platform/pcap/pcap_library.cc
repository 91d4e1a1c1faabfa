#include "platform/pcap/pcap_library.h"

#include "platform/error.h"
#include "platform/pcap/pcap_host.h"

namespace pacegate::platform {
namespace {

class FunctionFinder {
 public:
  explicit FunctionFinder(void* library) : library_(library) {}

  template <typename Function>
  void find(Function*& function, const char* name) {
    function = reinterpret_cast<Function*>(find_function(library_, name));
    if (function == nullptr && missing_.empty()) missing_ = name;
  }
  /// The first that was not found.
  [[nodiscard]] const std::string& missing() const noexcept { return missing_; }

 private:
  void* library_;
  std::string missing_;
};

/// \return the name of a function that the library lacks, or nothing
std::string find_all(void* library, libpcap::Functions& functions) {
  FunctionFinder finder(library);
  finder.find(functions.create, "pcap_create");
  finder.find(functions.set_snaplen, "pcap_set_snaplen");
  finder.find(functions.set_promisc, "pcap_set_promisc");
  finder.find(functions.set_immediate_mode, "pcap_set_immediate_mode");
  finder.find(functions.set_buffer_size, "pcap_set_buffer_size");
  finder.find(functions.activate, "pcap_activate");
  finder.find(functions.close, "pcap_close");
  finder.find(functions.statustostr, "pcap_statustostr");
  finder.find(functions.geterr, "pcap_geterr");
  finder.find(functions.setnonblock, "pcap_setnonblock");
  finder.find(functions.setdirection, "pcap_setdirection");
  finder.find(functions.datalink, "pcap_datalink");
  finder.find(functions.compile, "pcap_compile");
  finder.find(functions.setfilter, "pcap_setfilter");
  finder.find(functions.freecode, "pcap_freecode");
  finder.find(functions.next_ex, "pcap_next_ex");
  finder.find(functions.sendpacket, "pcap_sendpacket");
  finder.find(functions.stats, "pcap_stats");
  finder.find(functions.lib_version, "pcap_lib_version");
#ifdef _WIN32
  finder.find(functions.getevent, "pcap_getevent");
#else
  finder.find(functions.get_selectable_fd, "pcap_get_selectable_fd");
#endif
  return finder.missing();
}

}  // namespace

PcapLibrary load_pcap_library(const std::vector<std::string>& names) {
  PcapLibrary result;
  std::string complaints;
  for (const std::string& name : names) {
    std::string complaint;
    if (void* library = load_library(name, complaint)) {
      const std::string missing = find_all(library, result.functions);
      if (missing.empty()) {
        result.available = true;
        return result;
      }
      complaint.append(name).append(" has no ").append(missing).append(", it is too old");
    }
    complaints += (complaints.empty() ? "" : "; ") + complaint;
  }
  result.why_not = "the pcap backend needs libpcap: ";
  result.why_not.append(how_to_get_pcap()).append(" (").append(complaints).append(")");
  return result;
}

const PcapLibrary& pcap_library() {
  static const PcapLibrary kLibrary = load_pcap_library(pcap_library_names());
  return kLibrary;
}

const libpcap::Functions& require_pcap() {
  const PcapLibrary& library = pcap_library();
  if (!library.available) throw PlatformError(Fault::not_supported, library.why_not);
  return library.functions;
}

}  // namespace pacegate::platform
