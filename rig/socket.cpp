#include "rig/socket.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

namespace wxpipe::rig {
namespace {
[[noreturn]] void throw_errno(const char* what) { throw std::system_error(errno, std::generic_category(), what); }

sockaddr_in address_of(const std::string& address, uint16_t port) {
  sockaddr_in result{};
  result.sin_family = AF_INET;
  result.sin_port = htons(port);
  if (inet_pton(AF_INET, address == "localhost" ? "127.0.0.1" : address.c_str(), &result.sin_addr) != 1)
    throw std::system_error(EINVAL, std::generic_category(), "not an IPv4 address: " + address);
  return result;
}

Socket make(int flags) {
  Socket socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | flags, 0));
  if (!socket) throw_errno("socket");
  return socket;
}

Socket connect_to(const std::string& address, uint16_t port, int flags) {
  Socket socket = make(flags);
  no_delay(socket);
  const auto to = address_of(address, port);
  if (::connect(socket.handle(), reinterpret_cast<const sockaddr*>(&to), sizeof to) != 0 && errno != EINPROGRESS)
    throw_errno("connect");
  return socket;
}
}  // namespace

void Socket::close() {
  if (handle_ >= 0) ::close(std::exchange(handle_, -1));
}

void Socket::reset() {
  const linger at_once{.l_onoff = 1, .l_linger = 0};
  if (handle_ >= 0) ::setsockopt(handle_, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  close();
}

Socket connecting(const std::string& address, uint16_t port) { return connect_to(address, port, SOCK_NONBLOCK); }
Socket connected(const std::string& address, uint16_t port) { return connect_to(address, port, 0); }

Socket bound(uint16_t port) {
  Socket socket = make(SOCK_NONBLOCK);
  const int on = 1;
  ::setsockopt(socket.handle(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  const auto at = address_of("127.0.0.1", port);
  if (::bind(socket.handle(), reinterpret_cast<const sockaddr*>(&at), sizeof at) != 0) throw_errno("bind");
  return socket;
}

Socket listening(uint16_t port) {
  Socket socket = bound(port);
  if (::listen(socket.handle(), 128) != 0) throw_errno("listen");
  return socket;
}

void no_delay(const Socket& socket) {
  const int on = 1;
  ::setsockopt(socket.handle(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

uint16_t local_port(const Socket& socket) {
  sockaddr_in at{};
  socklen_t size = sizeof at;
  if (::getsockname(socket.handle(), reinterpret_cast<sockaddr*>(&at), &size) != 0) throw_errno("getsockname");
  return ntohs(at.sin_port);
}

}  // namespace wxpipe::rig
