/// \file
/// Keeps the published binary loadable with the libstdc++ of g++ 8 (GLIBCXX_3.4.25), whatever
/// compiles it.
///
/// From g++ 11 on, copying a std::vector refers to std::__throw_bad_array_new_length
/// (GLIBCXX_3.4.29), for a size that no vector can have. The addon is linked with `--wrap` for that
/// name, which brings the reference here.

#include <new>

// The linker dictates the name: __wrap_ and the mangled one.
// NOLINTNEXTLINE(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp)
extern "C" [[noreturn]] void __wrap__ZSt28__throw_bad_array_new_lengthv();

// NOLINTNEXTLINE(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp)
extern "C" [[noreturn]] void __wrap__ZSt28__throw_bad_array_new_lengthv() {
  throw std::bad_alloc();
}
