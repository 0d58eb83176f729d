// A TCP socket on this machine, owned. Errors are std::system_error.
#pragma once

#include <cstdint>
#include <string>
#include <utility>

namespace wxpipe::rig {

class Socket {
 public:
  Socket() = default;
  explicit Socket(int handle) : handle_(handle) {}
  ~Socket() { close(); }
  Socket(Socket&& other) noexcept : handle_(std::exchange(other.handle_, -1)) {}
  Socket& operator=(Socket&& other) noexcept {
    std::swap(handle_, other.handle_);
    return *this;
  }

  int handle() const { return handle_; }
  explicit operator bool() const { return handle_ >= 0; }
  void close();
  // The other side gets a reset rather than an orderly end.
  void reset();

 private:
  int handle_ = -1;
};

// Nonblocking: `connecting` may still be under way when it returns (poll for writing, then SO_ERROR).
Socket connecting(const std::string& address, uint16_t port);
Socket connected(const std::string& address, uint16_t port);  // blocking
// On 127.0.0.1, nonblocking; port 0: the system chooses. `bound` only keeps the port: connections are refused, and only
// `listening` can have it too.
Socket bound(uint16_t port);
Socket listening(uint16_t port);
uint16_t local_port(const Socket& socket);
// Small pieces go out at once, rather than wait up to 40 ms for the other side's word about the piece before.
void no_delay(const Socket& socket);

}  // namespace wxpipe::rig
