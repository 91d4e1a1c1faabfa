#include "responder/command_line.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <stdexcept>

#include "core/ip_prefix.h"
#include "core/ip_text.h"
#include "core/time.h"
#include "responder/answer_frames.h"

namespace pacegate::responder {

const char* const kUsage =
    "pacegate_responder xdp|packet IFACE --prefix ADDRESS/BITS ... [--name value ...]\n"
    "pacegate_responder pass IFACE\n"
    "pacegate_responder programs\n"
    "pacegate_responder truth - --prefix ADDRESS/BITS --ports A-B [--key N] [--open N]\n"
    "\n"
    "Answers TCP SYNs to whole prefixes by a keyed hash of (address, port). Prints \"ready\"; a "
    "line on standard\n"
    "input prints the figures so far as one line of JSON, its end prints them for good and ends "
    "the program.\n"
    "`pass` attaches an XDP program that passes everything, so that frames sent by XDP arrive;\n"
    "`programs` lists the BPF programs that this kernel holds; `truth` every open (address, port) "
    "of "
    "IPv4.\n"
    "\n"
    "  --key N                   of the hash, 0 to 2^32 - 1                            (0)\n"
    "  --open, --closed, --prohibited N   per mille of ports; the rest is silent      (0)\n"
    "  --router ADDRESS          who sends ICMP errors (once a family)                 (the "
    "target)\n"
    "  --loss N                  per mille of probes that get lost                     (0)\n"
    "  --limit N                 probes a second; --limit-burst N at once              (none, 1)\n"
    "  --limit-by target|prefix|all       what shares it; prefix: /24 and /64          (target)\n"
    "  --limit-over drop|prohibit         what those above it get                      (drop)\n"
    "  --ports A-B               counts probes of each (address, port); --pairs-file F keeps the "
    "counts, 32 bits each\n"
    "  --arrivals N              keeps the times of the first N probes; --arrivals-file F, 64 bits "
    "each, ns\n"
    "packet only:\n"
    "  --peer-mac MAC            where answers go\n"
    "  --delay-us N, --jitter-us N        before an answer: so long, and up to so much longer\n"
    "  --duplicate N             per mille of answers that come twice                  (0)\n"
    "  --garbage N               per mille of probes that get nonsense before their answer (0)\n";

namespace {

std::invalid_argument wrong(std::string_view name, std::string_view value, const char* wanted) {
  return std::invalid_argument("--" + std::string(name) + ": " + std::string(value) + " is not " +
                               wanted);
}

/// One option with its value.
struct Given {
  std::string_view name;
  std::string_view value;
};

std::uint64_t number(const Given& given, std::uint64_t most) {
  std::uint64_t parsed = 0;
  const char* start = given.value.data();
  const char* end = start + given.value.size();
  const auto [stopped, error] = std::from_chars(start, end, parsed);
  if (error != std::errc() || stopped != end || parsed > most) {
    throw wrong(given.name, given.value, ("a number up to " + std::to_string(most)).c_str());
  }
  return parsed;
}

std::uint32_t per_mille(const Given& given) {
  return static_cast<std::uint32_t>(number(given, 1000));
}

IpAddress address_of(const Given& given, std::string_view text) {
  const auto parsed = parse_ip_address(text);
  if (!parsed) throw wrong(given.name, given.value, "an address");
  return *parsed;
}

void add_prefix(responder_settings& settings, const Given& given) {
  const std::size_t slash = given.value.find('/');
  if (slash == std::string_view::npos) throw wrong(given.name, given.value, "ADDRESS/BITS");
  const IpAddress address = address_of(given, given.value.substr(0, slash));
  const auto bits = static_cast<std::uint32_t>(
      number({given.name, given.value.substr(slash + 1)}, 8 * address.size()));
  if (settings.prefixes == RESPONDER_MAX_PREFIXES) {
    throw wrong(given.name, given.value, "one of eight prefixes at most");
  }
  responder_prefix& prefix = settings.prefix[settings.prefixes++];
  prefix.first = to_truth(ip_prefix(address, bits));
  prefix.bits = bits;
}

void set_ports(responder_settings& settings, const Given& given) {
  const std::size_t dash = std::min(given.value.find('-'), given.value.size());
  const auto first = number({given.name, given.value.substr(0, dash)}, 65535);
  const auto last = dash == given.value.size()
                        ? first
                        : number({given.name, given.value.substr(dash + 1)}, 65535);
  if (first > last) throw wrong(given.name, given.value, "FIRST-LAST");
  settings.first_port = static_cast<std::uint32_t>(first);
  settings.ports = static_cast<std::uint32_t>(last - first + 1);
}

void set_mac(std::uint8_t (&mac)[6], const Given& given) {
  for (std::size_t i = 0; i < 6; ++i) {
    const std::string_view byte = given.value.substr(std::min(3 * i, given.value.size()), 2);
    const auto [stopped, error] =
        std::from_chars(byte.data(), byte.data() + byte.size(), mac[i], 16);
    if (given.value.size() != 17 || error != std::errc() || stopped != byte.data() + 2) {
      throw wrong(given.name, given.value, "a MAC address");
    }
  }
}

void set_limit_by(responder_limit& limit, const Given& given) {
  if (given.value == "target") {
    limit.bits_v4 = 32;
    limit.bits_v6 = 128;
  } else if (given.value == "prefix") {
    limit.bits_v4 = 24;
    limit.bits_v6 = 64;
  } else if (given.value == "all") {
    limit.for_all = 1;
  } else {
    throw wrong(given.name, given.value, "target, prefix or all");
  }
}

class CommandReader {
 public:
  explicit CommandReader(Command& command) : command_(command), settings_(command.settings) {
    settings_.limit.bits_v4 = 32;
    settings_.limit.bits_v6 = 128;
  }

  void read(const Given& given) {
    if (read_answer(given) || read_limit(given) || read_trouble(given) || read_count(given)) return;
    throw std::invalid_argument("no such option: --" + std::string(given.name));
  }

  void finish() {
    if (settings_.prefixes == 0) throw std::invalid_argument("--prefix is missing");
    const truth_shares& shares = settings_.shares;
    if (shares.open + shares.closed + shares.prohibited > 1000) {
      throw std::invalid_argument("--open, --closed and --prohibited are more than 1000 per mille");
    }
    if (limit_ != 0) {
      settings_.limit.period_ns = kNsPerSecond / limit_;
      settings_.limit.burst_ns = settings_.limit.period_ns * burst_;
    }
    const bool needs_packet =
        settings_.delay_ns + settings_.jitter_ns + settings_.duplicate + settings_.garbage > 0;
    if (command_.mode == Mode::xdp && needs_packet) {
      throw std::invalid_argument(
          "--delay-us, --jitter-us, --duplicate and --garbage need the packet engine: an XDP "
          "program makes one frame "
          "of one, at once");
    }
    if (settings_.ports != 0) lay_out_pairs();
  }

 private:
  bool read_answer(const Given& given);
  bool read_limit(const Given& given);
  bool read_trouble(const Given& given);
  bool read_count(const Given& given);
  void lay_out_pairs();

  Command& command_;
  responder_settings& settings_;
  std::uint64_t limit_ = 0;
  std::uint64_t burst_ = 1;
};

bool CommandReader::read_answer(const Given& given) {
  if (given.name == "prefix") {
    add_prefix(settings_, given);
  } else if (given.name == "key") {
    settings_.key = static_cast<std::uint32_t>(number(given, UINT32_MAX));
  } else if (given.name == "open") {
    settings_.shares.open = per_mille(given);
  } else if (given.name == "closed") {
    settings_.shares.closed = per_mille(given);
  } else if (given.name == "prohibited") {
    settings_.shares.prohibited = per_mille(given);
  } else if (given.name == "router") {
    const truth_address router = to_truth(address_of(given, given.value));
    (router.family == 6 ? settings_.router_v6 : settings_.router) = router;
  } else {
    return false;
  }
  return true;
}

bool CommandReader::read_limit(const Given& given) {
  if (given.name == "limit") {
    limit_ = number(given, kNsPerSecond);
  } else if (given.name == "limit-burst") {
    burst_ = std::max<std::uint64_t>(number(given, 1'000'000), 1);
  } else if (given.name == "limit-by") {
    set_limit_by(settings_.limit, given);
  } else if (given.name == "limit-over") {
    if (given.value != "drop" && given.value != "prohibit") {
      throw wrong(given.name, given.value, "drop or prohibit");
    }
    settings_.limit.over = given.value == "drop" ? OVER_DROP : OVER_PROHIBIT;
  } else {
    return false;
  }
  return true;
}

bool CommandReader::read_trouble(const Given& given) {
  constexpr std::uint64_t kLongestUs = 60'000'000;
  if (given.name == "loss") {
    settings_.loss = per_mille(given);
  } else if (given.name == "duplicate") {
    settings_.duplicate = per_mille(given);
  } else if (given.name == "garbage") {
    settings_.garbage = per_mille(given);
  } else if (given.name == "delay-us") {
    settings_.delay_ns = 1000 * number(given, kLongestUs);
  } else if (given.name == "jitter-us") {
    settings_.jitter_ns = 1000 * number(given, kLongestUs);
  } else if (given.name == "peer-mac") {
    set_mac(settings_.peer_mac, given);
  } else {
    return false;
  }
  return true;
}

bool CommandReader::read_count(const Given& given) {
  if (given.name == "ports") {
    set_ports(settings_, given);
  } else if (given.name == "pairs-file") {
    command_.pairs_file = given.value;
  } else if (given.name == "arrivals") {
    settings_.arrivals = static_cast<std::uint32_t>(number(given, RESPONDER_MAX_ARRIVALS));
  } else if (given.name == "arrivals-file") {
    command_.arrivals_file = given.value;
  } else {
    return false;
  }
  return true;
}

void CommandReader::lay_out_pairs() {
  std::uint64_t pairs = 0;
  for (std::uint32_t i = 0; i < settings_.prefixes; ++i) {
    responder_prefix& prefix = settings_.prefix[i];
    const std::uint32_t host_bits = (prefix.first.family == 6 ? 128 : 32) - prefix.bits;
    if (host_bits <= 24) {
      prefix.first_index = static_cast<std::uint32_t>(pairs);
      prefix.addresses = 1U << host_bits;
    }
    pairs += (std::uint64_t{1} << std::min(host_bits, 40U)) * settings_.ports;
    if (pairs > RESPONDER_MAX_PAIRS) {
      throw std::invalid_argument("--ports: 2^24 pairs can be counted, and these are more");
    }
  }
  settings_.pairs = static_cast<std::uint32_t>(pairs);
}

Mode mode_of(std::string_view name) {
  if (name == "xdp") return Mode::xdp;
  if (name == "packet") return Mode::packet;
  if (name == "pass") return Mode::pass;
  if (name == "programs") return Mode::programs;
  if (name == "truth") return Mode::truth;
  throw std::invalid_argument("no such engine: " + std::string(name));
}

}  // namespace

Command parse_command(const std::vector<std::string_view>& arguments) {
  if (arguments.empty()) throw std::invalid_argument("an engine and an interface are wanted");
  Command command;
  command.mode = mode_of(arguments[0]);
  if (command.mode == Mode::programs && arguments.size() == 1) return command;
  if (arguments.size() < 2) throw std::invalid_argument("an interface is wanted");
  command.interface = arguments[1];
  if (command.mode == Mode::pass && arguments.size() == 2) return command;
  CommandReader reader(command);
  for (std::size_t i = 2; i < arguments.size(); i += 2) {
    if (!arguments[i].starts_with("--") || i + 1 == arguments.size()) {
      throw std::invalid_argument(std::string(arguments[i]) + ": --name value is wanted");
    }
    reader.read({arguments[i].substr(2), arguments[i + 1]});
  }
  reader.finish();
  return command;
}

}  // namespace pacegate::responder
