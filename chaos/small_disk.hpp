// A disk that can be filled up and emptied while a process writes to it. As root it is a file system of its own in
// memory (tmpfs), which then has no byte left; else a limit on the size of the process's files, which makes its writes
// fail as a full disk does.
#pragma once

#include <sys/types.h>

#include <filesystem>

namespace wxpipe::chaos {

// As root: mounts from here on are seen by us and our children alone, and end with us, whatever happens. On the main
// thread, before there are others.
void keep_mounts_to_ourselves();

class SmallDisk {
 public:
  // The folder is made; what is in it while the disk lives is gone with it.
  explicit SmallDisk(std::filesystem::path folder);
  ~SmallDisk();
  SmallDisk(const SmallDisk&) = delete;
  SmallDisk& operator=(const SmallDisk&) = delete;

  // writer: whose files lie there.
  void fill(pid_t writer);
  void empty(pid_t writer);

 private:
  std::filesystem::path folder_;
  bool mounted_ = false;
};

}  // namespace wxpipe::chaos
