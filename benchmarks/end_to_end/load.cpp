// Sends callbacks as fast as one thread can. It must cost much less than the servers measured beside it. `wxpipe
// simulate` plays all platforms exactly; this plays one of them, cheaply.
//
//   load accounts [OTHERS]     prints the [[accounts]] for the callbacks that it sends
//   load run PORT [options]    sends, then prints what came back as JSON
//
//   --connections N  --seconds S     closed loop: a connection sends its next callback when it has its answer
//   --rate R                         open loop instead: callbacks come at random times, R a second, however slow the
//                                    server is; latency counts from when each was due
//   --count N                        at most N callbacks
//   --day                            a day's traffic to all accounts (support/day.hpp) instead of one kind of message;
//                                    all callbacks are fresh but for the day's own repeats
//   --bytes B                        of the decrypted message
//   --fresh                          all callbacks differ, and each MsgId gives its due time (microseconds since 1970,
//                                    times 1,000, plus a counter); without it a few thousand are sent again and again
//   --others N                       spread over N accounts instead of one
//   --idle N                         N more connections that are idle
#include <arpa/inet.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <charconv>
#include <chrono>
#include <cmath>
#include <deque>
#include <random>
#include <stdexcept>
#include <string>
#include <system_error>
#include <vector>

#include "benchmarks/end_to_end/histogram.hpp"
#include "benchmarks/support/callbacks.hpp"
#include "benchmarks/support/day.hpp"

namespace {
using namespace wxpipe;
using std::chrono::microseconds;
using std::chrono::steady_clock;
using std::chrono::system_clock;

struct Options {
  uint16_t port = 0;
  size_t connections = 64, idle = 0, others = 0, bytes = 1024;
  double seconds = 3, rate = 0;
  uint64_t count = UINT64_MAX;
  bool fresh = false, day = false;
};

[[noreturn]] void fail(const char* what) { throw std::system_error(errno, std::generic_category(), what); }

double own_cpu_seconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

// The callbacks' bytes for the wire.
class Traffic {
 public:
  explicit Traffic(const Options& options) : options_(options) {
    if (options.day) {
      const auto now = wxpipe::system_clock().now();
      day_.emplace(static_cast<uint64_t>(now.time_since_epoch().count()), now);
      return;
    }
    if (options.fresh) return;
    constexpr size_t kPool = 4096;
    const auto now = system_clock::now();
    for (size_t i = 0; i < kPool; ++i) pool_.push_back(make(now));
  }

  // The view is valid until the next call.
  const std::string& next(system_clock::time_point due) {
    if (day_) return made_ = of_the_day(due);
    if (!options_.fresh) return pool_[sent_++ % pool_.size()];
    ++sent_;
    return made_ = make(due);
  }

  // Of what was sent; only of a day.
  uint64_t repeats() const { return repeats_; }
  uint64_t unreadable() const { return unreadable_; }

 private:
  std::string of_the_day(system_clock::time_point due) {
    const auto said = day_->next(Timestamp(std::chrono::duration_cast<microseconds>(due.time_since_epoch())));
    if (said.resend != simulate::Resend::none)
      ++repeats_;
    else if (said.poison)
      ++unreadable_;
    return day_->request(said);
  }

  std::string make(system_clock::time_point due) {
    const auto number = made_count_++;
    const auto since_epoch = std::chrono::duration_cast<microseconds>(due.time_since_epoch()).count();
    const auto msg_id = static_cast<uint64_t>(since_epoch) * 1000 + number % 1000;
    const auto second = since_epoch / 1'000'000;
    const auto request =
        benchmarks::signed_request({"shop", benchmarks::text_message(msg_id, options_.bytes, second)}, msg_id, second);
    std::string wire = options_.others == 0
                           ? fmt::format("POST /callback/shop?{}", request.query)
                           : fmt::format("POST /callback/other-{}?{}", number % options_.others, request.query);
    wire += fmt::format(
        " HTTP/1.1\r\nHost: 127.0.0.1\r\nUser-Agent: Mozilla/4.0\r\nAccept: */*\r\nContent-Type: text/xml\r\n"
        "Content-Length: {}\r\nPragma: no-cache\r\n\r\n",
        request.body.size());
    return wire += request.body;
  }

  const Options& options_;
  std::vector<std::string> pool_;
  std::string made_;
  std::optional<benchmarks::Day> day_;
  uint64_t sent_ = 0, made_count_ = 0, repeats_ = 0, unreadable_ = 0;
};

struct Connection {
  int fd = -1;
  bool busy = false;
  steady_clock::time_point due;
  std::string answer;
};

int connect_to(uint16_t port) {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) fail("socket");
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) fail("connect");
  const int on = 1;
  ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  if (::fcntl(fd, F_SETFL, O_NONBLOCK) != 0) fail("fcntl");
  return fd;
}

class Load {
 public:
  explicit Load(const Options& options)
      : options_(options),
        traffic_(options),
        epoll_(::epoll_create1(EPOLL_CLOEXEC)),
        connections_(options.connections) {
    rlimit limit{};
    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
    for (size_t i = 0; i < options.idle; ++i) idle_.push_back(connect_to(options.port));
    for (auto& connection : connections_) open(connection);
  }

  void run() {
    const auto cpu = own_cpu_seconds();
    start_ = steady_clock::now();
    wall_start_ = system_clock::now();
    end_ = start_ + std::chrono::duration_cast<steady_clock::duration>(std::chrono::duration<double>(options_.seconds));
    fmt::print("started\n");
    std::fflush(stdout);
    if (options_.rate > 0) {
      next_due_ = start_;
      plan_next();
    } else {
      for (auto& connection : connections_) send(connection, steady_clock::now());
    }
    for (auto now = start_; !done(now); now = steady_clock::now()) {
      wait(now);
      if (options_.rate > 0) send_due();
    }
    const auto seconds = std::chrono::duration<double>(last_answer_ - start_).count();
    const auto answered = static_cast<double>(latency_.count());
    fmt::print(
        R"({{"sent":{},"repeats":{},"unreadable":{},"answered":{},"refused":{},"broken":{},"unanswered":{},"seconds":{:.3f},"rate":{:.0f},"p50_us":{},)"
        R"("p90_us":{},"p99_us":{},"p999_us":{},"max_us":{},"cpu_us":{:.2f}}})"
        "\n",
        sent_, traffic_.repeats(), traffic_.unreadable(), latency_.count(), refused_, broken_, busy_, seconds,
        answered / seconds, latency_.percentile(0.5), latency_.percentile(0.9), latency_.percentile(0.99),
        latency_.percentile(0.999), latency_.max(), (own_cpu_seconds() - cpu) * 1e6 / std::max(1.0, answered));
  }

 private:
  bool sending(steady_clock::time_point now) const { return now < end_ && sent_ < options_.count; }
  bool done(steady_clock::time_point now) const {
    if (sending(now) || !late_.empty()) return now > end_ + std::chrono::seconds(10);
    return busy_ == 0 || now > end_ + std::chrono::seconds(10);
  }

  void open(Connection& connection) {
    connection.fd = connect_to(options_.port);
    connection.busy = false;
    connection.answer.clear();
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.ptr = &connection;
    if (::epoll_ctl(epoll_, EPOLL_CTL_ADD, connection.fd, &event) != 0) fail("epoll_ctl");
    if (options_.rate > 0) free_.push_back(&connection);
  }

  void plan_next() {
    std::exponential_distribution<double> gap(options_.rate);
    next_due_ += std::chrono::duration_cast<steady_clock::duration>(std::chrono::duration<double>(gap(random_)));
  }

  void send_due() {
    const auto now = steady_clock::now();
    for (; sending(next_due_) && next_due_ <= now; plan_next()) late_.push_back(next_due_);
    while (!late_.empty() && !free_.empty()) {
      Connection& connection = *free_.front();
      free_.pop_front();
      const auto due = late_.front();
      late_.pop_front();
      send(connection, due);
    }
  }

  void send(Connection& connection, steady_clock::time_point due) {
    const auto& wire = traffic_.next(wall_start_ + std::chrono::duration_cast<system_clock::duration>(due - start_));
    connection.due = due;
    connection.busy = true;
    ++sent_;
    ++busy_;
    // It always fits: it is smaller than any socket's buffer, and the request before has been answered.
    if (::send(connection.fd, wire.data(), wire.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(wire.size()))
      close(connection);
  }

  void wait(steady_clock::time_point now) {
    timespec timeout{0, 100'000'000};
    if (options_.rate > 0 && late_.empty() && sending(next_due_)) {
      const auto left = std::max(std::chrono::nanoseconds(0), std::chrono::nanoseconds(next_due_ - now));
      timeout.tv_nsec = std::min<long>(timeout.tv_nsec, static_cast<long>(left.count()));
    }
    std::array<epoll_event, 256> events;
    const int count = ::epoll_pwait2(epoll_, events.data(), static_cast<int>(events.size()), &timeout, nullptr);
    if (count < 0 && errno != EINTR) fail("epoll_pwait2");
    for (int i = 0; i < count; ++i) read(*static_cast<Connection*>(events[static_cast<size_t>(i)].data.ptr));
  }

  void read(Connection& connection) {
    char buffer[4096];
    const auto size = ::recv(connection.fd, buffer, sizeof buffer, 0);
    if (size < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (size <= 0) return close(connection);
    connection.answer.append(buffer, static_cast<size_t>(size));
    const auto head_end = connection.answer.find("\r\n\r\n");
    if (head_end == std::string::npos) return;
    size_t length = 0;
    if (const auto at = connection.answer.find("Content-Length: "); at < head_end)
      std::from_chars(connection.answer.data() + at + 16, connection.answer.data() + head_end, length);
    if (connection.answer.size() < head_end + 4 + length) return;
    answered(connection);
  }

  void answered(Connection& connection) {
    last_answer_ = steady_clock::now();
    const auto status = std::string_view(connection.answer).substr(0, 12);
    if (status == "HTTP/1.1 200" || status == "HTTP/1.1 204")
      latency_.add(std::chrono::duration_cast<microseconds>(last_answer_ - connection.due).count());
    else
      ++refused_;
    --busy_;
    connection.busy = false;
    connection.answer.clear();
    if (options_.rate > 0)
      free_.push_back(&connection);
    else if (sending(last_answer_))
      send(connection, last_answer_);
  }

  // Closed by the server: its callback got no answer.
  void close(Connection& connection) {
    if (connection.busy) {
      --busy_;
      ++broken_;
    } else {
      std::erase(free_, &connection);
    }
    ::close(connection.fd);
    open(connection);
    if (options_.rate == 0 && sending(steady_clock::now())) send(connection, steady_clock::now());
  }

  const Options options_;
  Traffic traffic_;
  const int epoll_;
  std::vector<Connection> connections_;
  std::vector<int> idle_;
  std::deque<Connection*> free_;
  std::deque<steady_clock::time_point> late_;  // due, but no connection was free
  std::mt19937_64 random_{1};
  steady_clock::time_point start_, end_, next_due_, last_answer_;
  system_clock::time_point wall_start_;
  uint64_t sent_ = 0, busy_ = 0, refused_ = 0, broken_ = 0;
  benchmarks::Histogram latency_;
};

void print_accounts(size_t others) {
  for (const auto& account : benchmarks::accounts(others)) {
    fmt::print("[[accounts]]\nname = \"{}\"\nkind = \"{}\"\n", account.name, account.kind);
    const auto say = [](const char* key, std::string_view value) {
      if (!value.empty()) fmt::print("{} = \"{}\"\n", key, value);
    };
    if (account.kind == "official_account") say("mode", account.mode);
    say("app_id", account.app_id);
    say("original_id", account.original_id);
    say("title", account.title);
    say("corp_id", account.corp_id);
    if (account.agent_id) fmt::print("agent_id = {}\n", *account.agent_id);
    say("channel", account.channel);
    say("token", account.token.reveal());
    say("encoding_aes_key", account.encoding_aes_key.reveal());
    say("secret", account.secret.reveal());
    fmt::print("\n");
  }
}
}  // namespace

int main(int argc, char** argv) {
  CLI::App app("Sends callbacks; see the head of load.cpp");
  app.require_subcommand(1);
  Options options;
  auto& accounts = *app.add_subcommand("accounts", "the accounts that understand what it sends");
  accounts.add_option("others", options.others);
  auto& run = *app.add_subcommand("run", "sends");
  run.add_option("port", options.port)->required();
  run.add_option("--connections", options.connections);
  run.add_option("--seconds", options.seconds);
  run.add_option("--rate", options.rate);
  run.add_option("--count", options.count);
  run.add_option("--bytes", options.bytes);
  run.add_option("--others", options.others);
  run.add_option("--idle", options.idle);
  run.add_flag("--fresh", options.fresh);
  run.add_flag("--day", options.day);
  CLI11_PARSE(app, argc, argv);
  try {
    if (accounts.parsed())
      print_accounts(options.others);
    else
      Load(options).run();
  } catch (const std::exception& error) {
    fmt::print(stderr, "load: {}\n", error.what());
    return 1;
  }
}
