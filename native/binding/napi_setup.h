/// \file
/// The single place where napi.h is included. NAPI_VERSION and the NODE_ADDON_API switches are set
/// by CMakeLists.txt, so that every translation unit of the addon sees the same ones.
#pragma once

#ifndef NODE_API_SWALLOW_UNTHROWABLE_EXCEPTIONS
#error \
    "without NODE_API_SWALLOW_UNTHROWABLE_EXCEPTIONS worker.terminate() during a call aborts the process"
#endif

#include <napi.h>
