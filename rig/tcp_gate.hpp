// A door between a client and a server: a TCP proxy on a port of its own (127.0.0.1) that can be shut in all the
// ways a network fails. Each call has taken effect when it returns. Safe from any thread; the work is done by a thread
// of its own, which ends with the object.
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
  // listen_port 0: the system chooses. The server may come later: a connection that it refuses is reset.
  TcpGate(std::string server_address, uint16_t server_port, uint16_t listen_port = 0);
  ~TcpGate();
  TcpGate(const TcpGate&) = delete;
  TcpGate& operator=(const TcpGate&) = delete;

  uint16_t port() const { return port_; }
  std::string address() const { return "127.0.0.1:" + std::to_string(port_); }
  size_t connections();  // open now
  size_t accepted();     // ever

  // Resets every connection; new ones are welcome.
  void cut();
  // New connections are refused from now on; those that are open stay.
  void refuse();
  // Nothing passes any more and nobody is told: like an unplugged cable. One direction only: answers (or questions) get
  // lost on the way until it heals.
  void freeze();
  void freeze(Toward direction);
  // Every byte takes this much longer, in each direction.
  void delay(std::chrono::milliseconds by);
  // So many bytes at a time and a millisecond between them, as over a bad line: every message comes in pieces.
  void slice(size_t bytes);
  // An orderly end towards one side, for every open connection, while the other direction goes on.
  void half_close(Toward direction);
  // As if nothing had been: what was held back flows.
  void heal();

 private:
  struct Loop;
  std::unique_ptr<Loop> loop_;
  uint16_t port_ = 0;
  std::thread thread_;
};

}  // namespace wxpipe::rig
