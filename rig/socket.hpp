// An owned TCP socket on this machine. Errors are thrown as std::system_error.
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
  // Closes with a reset instead of an orderly end.
  void reset();

 private:
  int handle_ = -1;
};

// Nonblocking. May return while still connecting (poll for writing, then read SO_ERROR).
Socket connecting(const std::string& address, uint16_t port);
Socket connected(const std::string& address, uint16_t port);  // blocking
// On 127.0.0.1, nonblocking; port 0: the system chooses. `bound` only reserves the port: connections are refused, and
// only `listening` can share the port.
Socket bound(uint16_t port);
Socket listening(uint16_t port);
uint16_t local_port(const Socket& socket);
// Sends small pieces at once, without waiting up to 40 ms for the acknowledgement of the piece before.
void no_delay(const Socket& socket);

}  // namespace wxpipe::rig
