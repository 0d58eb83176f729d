// Uses up all file descriptors of this process until it is destroyed. Open what the test still needs before.
#pragma once

#include <fcntl.h>
#include <sys/resource.h>

#include <cerrno>
#include <system_error>
#include <vector>

#include "rig/socket.hpp"

namespace wxpipe::support {

class NoDescriptors {
 public:
  NoDescriptors() {
    if (::getrlimit(RLIMIT_NOFILE, &before_) != 0) throw std::system_error(errno, std::generic_category(), "getrlimit");
    const rlimit few{.rlim_cur = 512, .rlim_max = before_.rlim_max};
    if (::setrlimit(RLIMIT_NOFILE, &few) != 0) throw std::system_error(errno, std::generic_category(), "setrlimit");
    for (int handle = 0; (handle = ::open("/dev/null", O_RDONLY | O_CLOEXEC)) >= 0;) taken_.emplace_back(handle);
  }
  ~NoDescriptors() { ::setrlimit(RLIMIT_NOFILE, &before_); }
  NoDescriptors(const NoDescriptors&) = delete;
  NoDescriptors& operator=(const NoDescriptors&) = delete;

 private:
  rlimit before_{};
  std::vector<rig::Socket> taken_;
};

}  // namespace wxpipe::support
