#include "common/runtime/memory.hpp"

#include <sys/prctl.h>

#include <cerrno>
#include <system_error>

#if __has_include(<malloc.h>)
#include <malloc.h>
#endif

namespace wxpipe::runtime {

void give_memory_back() {
#ifdef M_TRIM_THRESHOLD
  mallopt(M_TRIM_THRESHOLD, 1 << 20);
  mallopt(M_MMAP_THRESHOLD, 512 << 10);
#endif
}

void keep_memory_private() {
  if (::prctl(PR_SET_DUMPABLE, 0L, 0L, 0L, 0L) != 0)
    throw std::system_error(errno, std::generic_category(), "the process's memory can't be kept private");
}

}  // namespace wxpipe::runtime
