// The name of the SQLite VFS that the spool uses. In builds with fault points: the system's VFS plus the fault point
// spool.before_fsync, which lies inside SQLite's commit. Else null: the system's own VFS.
#pragma once

namespace wxpipe::ingest {

#ifdef WXPIPE_FAULT_POINTS
const char* spool_disk();
#else
inline const char* spool_disk() { return nullptr; }
#endif

}  // namespace wxpipe::ingest
