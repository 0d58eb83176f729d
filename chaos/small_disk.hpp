// A disk that can be filled and emptied while a process writes to it. As root it is a file system in memory (tmpfs),
// filled to the last byte. Else it is a limit on the size of the process's files, whose writes then fail as on a full
// disk.
#pragma once

#include <sys/types.h>

#include <filesystem>

namespace wxpipe::chaos {

// For root: mounts made after this are seen only by us and our children, and vanish with us. Call it on the main thread
// before there are other threads.
void keep_mounts_to_ourselves();

class SmallDisk {
 public:
  // Makes the folder. Files written into it are gone when this object is.
  explicit SmallDisk(std::filesystem::path folder);
  ~SmallDisk();
  SmallDisk(const SmallDisk&) = delete;
  SmallDisk& operator=(const SmallDisk&) = delete;

  // writer: the process whose files lie there.
  void fill(pid_t writer);
  void empty(pid_t writer);

 private:
  std::filesystem::path folder_;
  bool mounted_ = false;
};

}  // namespace wxpipe::chaos
