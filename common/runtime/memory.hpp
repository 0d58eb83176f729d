// Settings of the process's memory: what is given back to the system, and who may look into it.
#pragma once

namespace wxpipe::runtime {

// Makes glibc give freed memory back to the system. Batches and fetched records are many megabytes that come and go on
// a dozen threads, each with its own heap; by default glibc would keep a quarter of a sink's memory. It costs half a
// microsecond a row. It acts on the whole process; call it before threads start. Does nothing with another C library.
void give_memory_back();

// No core dump of this process, and no other process of the same user may read its memory or environment: both hold
// keys. A program that is started from here is not bound by it.
void keep_memory_private();

}  // namespace wxpipe::runtime
