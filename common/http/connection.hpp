// A connection to the server of a URL, through TLS and a proxy where wanted: bytes in, bytes out, and everything that
// waits has a deadline. One thread owns it; calls block. Every failure is an Error, and leaves it closed.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "common/http/peer.hpp"

namespace wxpipe::http {

struct Options {
  std::chrono::milliseconds connect{5'000};   // the look-up of its name, TCP, proxy and TLS together
  std::chrono::milliseconds request{30'000};  // from the call to the last byte of the answer, connecting included
  size_t most_body_bytes = 16 << 20;          // of an answer
  std::optional<Url> proxy = {};              // http://host:port
  std::string ca_file = {};                   // PEM, whom to trust; empty: whom the system trusts
  bool verify = true;                         // false: any certificate will do
};

class Connection {
 public:
  Connection(Url url, Options options);  // opens nothing yet
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  const Url& url() const { return url_; }
  const Options& options() const { return options_; }

  // Within the connect limit, and not beyond the deadline.
  void open(SteadyTime deadline);
  void close();
  bool is_open() const { return stream_ != nullptr; }
  // Open, and nothing has come since the last read. A server that has closed an idle connection has sent its end.
  bool is_idle();

  // False: the server takes no more. It may have answered early, so its answer is worth reading.
  bool write(std::string_view bytes, SteadyTime deadline);
  // Appends what came; false: the server has ended.
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
