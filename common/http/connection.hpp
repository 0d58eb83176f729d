// A connection to the server of a URL, with TLS and a proxy if needed. It carries bytes; every call that waits has a
// deadline. One thread owns it; calls block. Every failure is an Error and closes the connection.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "common/http/peer.hpp"

namespace wxpipe::http {

struct Options {
  std::chrono::milliseconds connect{5'000};   // name look-up, TCP, proxy and TLS together
  std::chrono::milliseconds request{30'000};  // from the call to the last byte of the answer, connecting included
  size_t most_body_bytes = 16 << 20;          // of an answer
  std::optional<Url> proxy = {};              // http://host:port
  std::string ca_file = {};                   // PEM with trusted authorities; empty: the system's
  bool verify = true;                         // false: accept any certificate
};

class Connection {
 public:
  Connection(Url url, Options options);  // opens nothing yet
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  const Url& url() const { return url_; }
  const Options& options() const { return options_; }

  // Takes at most the connect limit, and ends at the deadline.
  void open(SteadyTime deadline);
  void close();
  bool is_open() const { return stream_ != nullptr; }
  // Open, and no bytes have come since the last read. (When a server closes an idle connection, its end counts as
  // bytes.)
  bool is_idle();

  // False: the server accepts no more bytes. It may have answered early, so read the answer.
  bool write(std::string_view bytes, SteadyTime deadline);
  // Appends what came; false: the server has closed its side.
  bool read(std::string& into, SteadyTime deadline);
  void finish_sending();  // our side only

 private:
  template <class Start>
  boost::system::error_code wait(std::string_view doing, SteadyTime deadline, Start&& start);
  void ask_proxy_for_tunnel(SteadyTime deadline);
  void shake_hands(SteadyTime deadline);
  [[noreturn]] void fail(Failure why, std::string_view doing, std::string_view what);

  const Url url_;
  const Options options_;
  boost::asio::io_context io_{1};
  std::optional<boost::asio::ssl::context> tls_;
  std::unique_ptr<Stream> stream_;
};

}  // namespace wxpipe::http
