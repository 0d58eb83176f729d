// One keep-alive HTTP connection to the callback server: one request at a time, its answer or its loss told to the
// owner. The load sender's own, beside http::Client: thousands of them live on one thread, nothing blocks, and an
// answer costs no allocation. Belongs to the io_context's thread. What is still going on when a connection is closed
// ends without a word.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/http/peer.hpp"
#include "common/http/response.hpp"

namespace wxpipe::simulate {

// Where the callbacks go, resolved.
struct Server {
  std::vector<boost::asio::ip::tcp::endpoint> endpoints;  // tried in turn
  std::string name;                                       // for TLS
  boost::asio::ssl::context* tls = nullptr;               // null: HTTP
  bool verify = true;                                     // the certificate
};

enum class Loss { unreachable, broken, malformed };

class Connection {
 public:
  class Owner {
   public:
    virtual ~Owner() = default;
    virtual void replied(Connection& connection, const http::Response& response) = 0;  // it may send again at once
    virtual void lost(Connection& connection, Loss loss) = 0;                          // closed; it may send again
  };

  Connection(boost::asio::io_context& io, const Server& server, Owner& owner);
  ~Connection();

  // Opens first where it isn't open. The bytes must stay until the owner is told.
  void send(std::string_view request);
  void close();
  bool is_open() const { return stream_ != nullptr; }
  // Whether the request under way went over a connection that had served another one, and nothing was answered yet:
  // then the server may have closed it for idleness, and the request may never have arrived.
  bool may_be_stale() const { return reused_ && used_ == 0 && !parser_->begun(); }

  void* parcel = nullptr;  // the owner's

 private:
  void open(size_t endpoint);
  void opened();
  void write();
  void read();
  void got(size_t bytes);
  void end(Loss loss);

  boost::asio::io_context& io_;
  const Server& server_;
  Owner& owner_;
  std::shared_ptr<http::Stream> stream_;  // handlers of another one have nothing to say any more
  std::string_view request_;
  size_t written_ = 0;
  std::string buffer_;
  size_t used_ = 0;  // of the buffer: what the parser isn't done with
  bool reused_ = false;
  http::Response response_;
  std::optional<http::ResponseParser> parser_;  // of the answer under way
};

}  // namespace wxpipe::simulate
