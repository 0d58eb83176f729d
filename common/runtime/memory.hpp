// Settings of the allocator for roles that handle many megabytes on many threads.
#pragma once

namespace wxpipe::runtime {

// Makes glibc give freed memory back to the system. Batches and fetched records are many megabytes that come and go on
// a dozen threads, each with its own heap; by default glibc would keep a quarter of a sink's memory. It costs half a
// microsecond a row. It acts on the whole process; call it before threads start. Does nothing with another C library.
void give_memory_back();

}  // namespace wxpipe::runtime
