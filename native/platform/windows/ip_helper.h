/// \file
/// Winsock and the IP Helper API, in the order in which they presuppose each other.
#pragma once

// clang-format off
#include <winsock2.h>
#include <ws2ipdef.h>
#include <iphlpapi.h>
#include <ipifcons.h>
// clang-format on

#undef interface  // COM's word for struct, and our word for a network device
