#include "platform/error.h"

#include <doctest/doctest.h>

#include <cerrno>
#include <string>

using namespace pacegate::platform;

TEST_SUITE("platform error") {
  TEST_CASE("each fault crosses to JavaScript under its own name") {
    CHECK(std::string(fault_name(Fault::not_permitted)) == "not_permitted");
    CHECK(std::string(fault_name(Fault::no_such_interface)) == "no_such_interface");
    CHECK(std::string(fault_name(Fault::interface_down)) == "interface_down");
    CHECK(std::string(fault_name(Fault::no_route)) == "no_route");
    CHECK(std::string(fault_name(Fault::not_supported)) == "not_supported");
    CHECK(std::string(fault_name(Fault::invalid)) == "invalid");
    CHECK(std::string(fault_name(Fault::shared_state)) == "shared_state");
    CHECK(std::string(fault_name(Fault::system)) == "system");
  }

  TEST_CASE("an error keeps its fault, its text and its errno") {
    const PlatformError error(Fault::no_route, "no route to 10.0.0.1", ENETUNREACH);
    CHECK(error.fault() == Fault::no_route);
    CHECK(error.system_error() == ENETUNREACH);
    CHECK(std::string(error.what()) == "no route to 10.0.0.1");
    CHECK(PlatformError(Fault::system, "x").system_error() == 0);
  }
}
