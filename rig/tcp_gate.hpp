// A TCP proxy between a client and a server, on its own port of 127.0.0.1, that can fail in all the ways a network
// does. When a call returns, it has taken effect. Any thread may call. The work is done by its own thread, which ends
// with the object.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <thread>

namespace wxpipe::rig {

enum class Toward { server, client };

class TcpGate {
 public:
  // listen_port 0: the system chooses. The server may start later: until then connections are reset.
  TcpGate(std::string server_address, uint16_t server_port, uint16_t listen_port = 0);
  ~TcpGate();
  TcpGate(const TcpGate&) = delete;
  TcpGate& operator=(const TcpGate&) = delete;

  uint16_t port() const { return port_; }
  std::string address() const { return "127.0.0.1:" + std::to_string(port_); }
  size_t connections();  // open now
  size_t accepted();     // since the start

  // Resets every connection. New ones are still accepted.
  void cut();
  // Refuses new connections. Open ones stay.
  void refuse();
  // Nothing passes any more, and nobody is told: like an unplugged cable. With a direction: only answers (or only
  // requests) are held back, until heal().
  void freeze();
  void freeze(Toward direction);
  // Delays every byte by this much, in each direction.
  void delay(std::chrono::milliseconds by);
  // Passes this many bytes at a time, with a millisecond between, like a bad line: every message comes in pieces.
  void slice(size_t bytes);
  // Ends every open connection towards one side, in order. The other direction goes on.
  void half_close(Toward direction);
  // Back to normal. What was held back now flows.
  void heal();

 private:
  struct Loop;
  std::unique_ptr<Loop> loop_;
  uint16_t port_ = 0;
  std::thread thread_;
};

}  // namespace wxpipe::rig
