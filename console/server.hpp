// The console's HTTP/1.1 server: reads requests on one thread, answers pages at once, and lets a few other threads ask
// the servers behind the API. Streams have a thread each. All of it is bounded: connections, sizes, times, questions
// that wait, streams. So it never takes more than its share of a process that runs other roles too.
#pragma once

#include <atomic>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/thread_pool.hpp>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "common/config/settings.hpp"
#include "common/telemetry/accept_trouble.hpp"
#include "console/http.hpp"

namespace wxpipe::console {

class Server {
 public:
  // answer: may take seconds, on any thread. immediate: never waits; an answer without status 0 is taken, else `answer`
  // is asked.
  using Answer = std::function<Response(const Request&)>;

  // Binds and listens. Throws UsageError: the address is taken or not of this machine, or the certificate is no good.
  Server(const config::ConsoleSettings& settings, Answer immediate, Answer answer);
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  uint16_t port() const { return port_; }
  void start();
  // Takes nothing new, ends streams and connections, and waits for questions that are being asked.
  void stop();

 private:
  // A connection whose thread is the io thread, until a stream takes it.
  struct Connection;
  using Connections = std::list<std::weak_ptr<Connection>>;
  struct OpenStream {
    std::jthread thread;
    std::shared_ptr<std::atomic<bool>> ended;
  };

  boost::asio::awaitable<void> accept();
  boost::asio::awaitable<void> serve(std::shared_ptr<Connection> connection);
  template <class Transport>
  boost::asio::awaitable<void> converse(std::shared_ptr<Connection> connection, Transport& transport);
  boost::asio::awaitable<Response> on_the_pool(Request request);
  void begin_stream(std::shared_ptr<Connection> connection, Stream stream);

  const config::ConsoleSettings settings_;
  const Answer immediate_, answer_;
  boost::asio::io_context io_{1};
  boost::asio::ip::tcp::acceptor acceptor_;
  std::unique_ptr<boost::asio::ssl::context> tls_;
  telemetry::AcceptTrouble accept_trouble_{"console.listen"};
  Connections connections_;  // answered the longest ago first
  uint16_t port_ = 0;
  std::atomic<int> asked_ = 0;
  std::list<OpenStream> streams_;  // of the io thread, until it has ended
  std::atomic<bool> stopping_ = false;
  boost::asio::thread_pool pool_;
  std::thread thread_;
};

}  // namespace wxpipe::console
