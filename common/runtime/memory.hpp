// What a role that handles megabytes on many threads asks of the allocator.
#pragma once

namespace wxpipe::runtime {

// Makes glibc give freed memory back to the system: batches and fetched records are many megabytes that come and go on
// a dozen threads, each with a heap of its own, and as it comes, glibc keeps a quarter of a sink's memory that way. It
// costs half a microsecond a row. Whole process; call it before the threads begin. Does nothing with another C library.
void give_memory_back();

}  // namespace wxpipe::runtime
