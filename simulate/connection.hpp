// One keep-alive HTTP connection to the callback server. One request at a time; the owner is told of its answer or its
// loss. Used instead of http::Client for load: thousands live on one thread, nothing blocks, an answer allocates
// nothing. Use it on the io_context's thread only. close() drops what is under way without telling the owner.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/http/peer.hpp"
#include "common/http/response.hpp"

namespace wxpipe::simulate {

// The address of the callback server, resolved.
struct Server {
  std::vector<boost::asio::ip::tcp::endpoint> endpoints;  // tried in this order
  std::string name;                                       // for the TLS certificate
  boost::asio::ssl::context* tls = nullptr;               // null: plain HTTP
  bool verify = true;                                     // check the certificate
};

enum class Loss { unreachable, broken, malformed };

class Connection {
 public:
  class Owner {
   public:
    virtual ~Owner() = default;
    virtual void replied(Connection& connection, const http::Response& response) = 0;  // may call send at once
    virtual void lost(Connection& connection, Loss loss) = 0;  // it is closed; may call send at once
  };

  Connection(boost::asio::io_context& io, const Server& server, Owner& owner);
  ~Connection();

  // Connects first if needed. The bytes must stay until the owner is told.
  void send(std::string_view request);
  void close();
  bool is_open() const { return stream_ != nullptr; }
  // Whether the request may never have arrived: the connection had served another request before and no byte of an
  // answer has come, so the server may have closed it as idle.
  bool may_be_stale() const { return reused_ && used_ == 0 && !parser_->begun(); }

  void* parcel = nullptr;  // for the owner's use

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
  std::shared_ptr<http::Stream> stream_;  // handlers of an older stream are ignored
  std::string_view request_;
  size_t written_ = 0;
  std::string buffer_;
  size_t used_ = 0;  // bytes in the buffer that the parser hasn't used yet
  bool reused_ = false;
  http::Response response_;
  std::optional<http::ResponseParser> parser_;  // for the answer under way
};

}  // namespace wxpipe::simulate
