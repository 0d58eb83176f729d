#include "common/runtime/memory.hpp"

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

}  // namespace wxpipe::runtime
