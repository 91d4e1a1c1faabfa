/// \file
/// Whether what somebody else has made is what we want to join.
#pragma once

#include <string>

#include "engine/sharing/shared_header.h"
#include "engine/sharing/shared_state.h"

namespace pacegate {

/// The description of state of `format` in this process. \param total_bytes with the header
[[nodiscard]] SharedDescription describe(const SharedFormat& format, std::size_t total_bytes,
                                         const platform::SharingDomain& domain);

/// \param place names what holds the state, for the message: the SharedArrayBuffer
/// \throws platform::PlatformError (shared_state) that says what of `found` is not as in `wanted`
void check_fit(const SharedDescription& found, const SharedDescription& wanted,
               const SharedFormat& format, const std::string& place);

/// Throws the error for a place that cannot be shared: "cannot share <place>: <problem>".
[[noreturn]] void throw_unfit(const std::string& place, const std::string& problem);

}  // namespace pacegate
