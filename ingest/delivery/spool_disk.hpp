// The name of SQLite's way to the disk (its VFS) for the spool. In builds with fault points it is the system's own with
// the place spool.before_fsync in it, which lies inside SQLite's commit; else the system's own (null).
#pragma once

namespace wxpipe::ingest {

#ifdef WXPIPE_FAULT_POINTS
const char* spool_disk();
#else
inline const char* spool_disk() { return nullptr; }
#endif

}  // namespace wxpipe::ingest
