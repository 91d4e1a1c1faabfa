/// \file
/// Keeps the published binary loadable with old glibc (2.17).
///
/// glibc 2.34 moved these functions into libc and gave them a new version, which a binary linked
/// with it asks for. The old version is still there and is the same code. The addon is linked with
/// `--wrap` for these names, which brings the references here. Not in the tests: sanitizers take
/// the place of the plain names.
#include <features.h>

#if defined(__GLIBC__) && (defined(__x86_64__) || defined(__aarch64__))

#include <dlfcn.h>
#include <pthread.h>

#ifdef __x86_64__
#define PACEGATE_OLD_VERSION(name, version) __asm__(".symver old_" name "," name "@GLIBC_" version)
#else
#define PACEGATE_OLD_VERSION(name, version) __asm__(".symver old_" name "," name "@GLIBC_2.17")
#endif

// The linker dictates the names: __wrap_ and the wrapped one.
// NOLINTBEGIN(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp)
extern "C" {

PACEGATE_OLD_VERSION("pthread_mutexattr_init", "2.2.5");
PACEGATE_OLD_VERSION("pthread_mutexattr_setpshared", "2.2.5");
PACEGATE_OLD_VERSION("pthread_mutexattr_setrobust", "2.12");
PACEGATE_OLD_VERSION("pthread_mutex_trylock", "2.2.5");
PACEGATE_OLD_VERSION("pthread_mutex_consistent", "2.12");
// Until 2.34 in libdl, which Node itself is linked with.
PACEGATE_OLD_VERSION("dlopen", "2.2.5");
PACEGATE_OLD_VERSION("dlsym", "2.2.5");
PACEGATE_OLD_VERSION("dlerror", "2.2.5");

int old_pthread_mutexattr_init(pthread_mutexattr_t* traits);
int old_pthread_mutexattr_setpshared(pthread_mutexattr_t* traits, int value);
int old_pthread_mutexattr_setrobust(pthread_mutexattr_t* traits, int value);
int old_pthread_mutex_trylock(pthread_mutex_t* mutex);
int old_pthread_mutex_consistent(pthread_mutex_t* mutex);
void* old_dlopen(const char* file, int mode);
void* old_dlsym(void* library, const char* name);
char* old_dlerror();

int __wrap_pthread_mutexattr_init(pthread_mutexattr_t* traits);
int __wrap_pthread_mutexattr_setpshared(pthread_mutexattr_t* traits, int value);
int __wrap_pthread_mutexattr_setrobust(pthread_mutexattr_t* traits, int value);
int __wrap_pthread_mutex_trylock(pthread_mutex_t* mutex);
int __wrap_pthread_mutex_consistent(pthread_mutex_t* mutex);
void* __wrap_dlopen(const char* file, int mode);
void* __wrap_dlsym(void* library, const char* name);
char* __wrap_dlerror();

int __wrap_pthread_mutexattr_init(pthread_mutexattr_t* traits) {
  return old_pthread_mutexattr_init(traits);
}
int __wrap_pthread_mutexattr_setpshared(pthread_mutexattr_t* traits, int value) {
  return old_pthread_mutexattr_setpshared(traits, value);
}
int __wrap_pthread_mutexattr_setrobust(pthread_mutexattr_t* traits, int value) {
  return old_pthread_mutexattr_setrobust(traits, value);
}
int __wrap_pthread_mutex_trylock(pthread_mutex_t* mutex) {
  return old_pthread_mutex_trylock(mutex);
}
int __wrap_pthread_mutex_consistent(pthread_mutex_t* mutex) {
  return old_pthread_mutex_consistent(mutex);
}
void* __wrap_dlopen(const char* file, int mode) {
  return old_dlopen(file, mode);
}
void* __wrap_dlsym(void* library, const char* name) {
  return old_dlsym(library, name);
}
char* __wrap_dlerror() {
  return old_dlerror();
}

}  // extern "C"
// NOLINTEND(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp)

#endif
