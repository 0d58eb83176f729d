#include "simulate/sender.hpp"

#include <algorithm>
#include <array>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cmath>
#include <deque>
#include <unordered_map>

#include "common/clock.hpp"
#include "simulate/random.hpp"

namespace wxpipe::simulate {
namespace {
namespace asio = boost::asio;
using namespace std::chrono_literals;
using boost::system::error_code;
using std::chrono::duration_cast;
using std::chrono::microseconds;
using std::chrono::steady_clock;

constexpr auto kTick = 20ms;
constexpr auto kLongestIdle = 30s;           // servers close idle connections; an older one is opened anew
constexpr size_t kMostOutstanding = 50'000;  // callbacks due but not settled; beyond it planning pauses
constexpr size_t kAhead = 32;                // callbacks written before they are due

// The planned arrival times of the open loop.
class Arrivals {
 public:
  explicit Arrivals(const SendingPlan& plan) : plan_(plan), random_(plan.seed) {}
  // Time since the beginning.
  microseconds at(uint64_t index) {
    if (!plan_.poisson) return microseconds(std::llround(static_cast<double>(index) * 1e6 / plan_.rate));
    if (index > 0) sum_ += -std::log(1 - random_.unit()) * 1e6 / plan_.rate;
    return microseconds(std::llround(sum_));
  }

 private:
  const SendingPlan& plan_;
  Random random_;
  double sum_ = 0;
};

Outcome outcome_of(Loss loss) {
  switch (loss) {
    case Loss::unreachable:
      return Outcome::unreachable;
    case Loss::broken:
      return Outcome::broken;
    case Loss::malformed:
      return Outcome::failed;
  }
  return Outcome::broken;
}
}  // namespace

std::string_view to_string(Outcome outcome) {
  constexpr std::array<std::string_view, kOutcomeCount> kWords{"acknowledged", "replied",       "refused",
                                                               "failed",       "illegal_reply", "timed_out",
                                                               "unreachable",  "broken",        "unfinished"};
  return kWords.at(static_cast<size_t>(outcome));
}

struct Sender::Impl final : Connection::Owner {
  Impl(const Server& where, const SendingPlan& how, Correspondence& what)
      : server(where),
        plan(how),
        correspondence(what),
        arrivals(plan),
        plan_timer(io),
        tick_timer(io) {}

  using ParcelPointer = std::unique_ptr<Parcel>;
  bool is_open_loop() const { return plan.rate > 0; }

  // --- Planning ---

  bool may_plan() const {
    return !exhausted && !stopping && (!plan.count || totals.planned + ahead.size() < *plan.count) &&
           outstanding < kMostOutstanding;
  }

  // Our moment as the clock time that the platforms write.
  Timestamp wall(SteadyTime moment) const { return wall_began + duration_cast<microseconds>(moment - totals.began); }

  // Prepares one more callback of the open loop before it is due.
  bool prepare() {
    if (!may_plan()) return false;
    const microseconds since = arrivals.at(arrival);
    if (plan.duration && since >= *plan.duration) {
      exhausted = true;
      return false;
    }
    auto parcel = std::make_unique<Parcel>();
    parcel->planned = totals.began + since;
    if (!correspondence.next(*parcel, wall(parcel->planned))) {
      exhausted = true;
      return false;
    }
    ++arrival;
    correspondence.write(*parcel, wall(parcel->planned));
    ahead.push_back(std::move(parcel));
    return true;
  }

  void plan_open_loop() {
    for (;;) {
      const auto now = steady_clock::now();
      while (!ahead.empty() && ahead.front()->planned <= now) {
        auto parcel = std::move(ahead.front());
        ahead.pop_front();
        offer(std::move(parcel));
      }
      // Writing takes this thread's time: write one at a time and look at the clock in between.
      if (ahead.size() >= kAhead || !prepare()) break;
    }
    if (ahead.empty()) return finish_if_done();
    plan_timer.expires_at(ahead.front()->planned);
    plan_timer.async_wait([this](error_code error) {
      if (!error) plan_open_loop();
    });
  }

  // Gives an idle connection its next callback, if there is one.
  void plan_closed_loop() {
    // Callbacks whose key is busy are put aside, up to a limit.
    const size_t most = plan.connections * 8;
    while (in_flight < plan.connections && waiting.empty() && may_plan() && outstanding < most) {
      if (plan.duration && steady_clock::now() - totals.began >= *plan.duration) {
        exhausted = true;
        break;
      }
      auto parcel = std::make_unique<Parcel>();
      parcel->planned = steady_clock::now();
      if (!correspondence.next(*parcel, wall(parcel->planned))) {
        exhausted = true;
        break;
      }
      correspondence.write(*parcel, wall(parcel->planned));
      offer(std::move(parcel));
    }
    finish_if_done();
  }

  // --- Order by key ---

  void offer(ParcelPointer parcel) {
    ++totals.planned;
    ++outstanding;
    const uint32_t key = parcel->said.key;
    if (key != kNoKey) {
      if (key >= busy.size()) busy.resize(std::max<size_t>(key + 1, busy.size() * 2));
      if (busy[key]) {
        parked[key].push_back(std::move(parcel));
        return;
      }
      busy[key] = true;
    }
    waiting.push_back(std::move(parcel));
    dispatch();
  }

  void release(uint32_t key) {
    if (key == kNoKey) return;
    const auto found = parked.find(key);
    if (found == parked.end()) {
      busy[key] = false;
      return;
    }
    waiting.push_back(std::move(found->second.front()));
    found->second.pop_front();
    if (found->second.empty()) parked.erase(found);
  }

  // --- Sending ---

  void dispatch() {
    while (!waiting.empty()) {
      Connection* const connection = free_connection();
      if (!connection) return;
      auto parcel = std::move(waiting.front());
      waiting.pop_front();
      start(*connection, std::move(parcel));
    }
  }

  Connection* free_connection() {
    if (!idle.empty()) {
      auto [connection, since] = idle.back();  // the one used last; the others may then close
      idle.pop_back();
      if (connection->is_open() && steady_clock::now() - since > kLongestIdle) connection->close();
      return connection;
    }
    if (connections.size() == plan.connections) return nullptr;
    connections.push_back(std::make_unique<Connection>(io, server, *this));
    return connections.back().get();
  }

  void start(Connection& connection, ParcelPointer parcel) {
    const auto now = steady_clock::now();
    Parcel& under_way = *parcel;
    if (under_way.attempts == 0)
      under_way.first_sent_at = system_clock().now();
    else
      correspondence.write(under_way, wall(now));
    ++under_way.attempts;
    ++totals.attempts;
    ++in_flight;
    under_way.sent = now;
    connection.parcel = parcel.release();
    deadlines.push_back({now + plan.patience, &connection, &under_way, under_way.attempts});
    connection.send(under_way.bytes());
  }

  static ParcelPointer take(Connection& connection) {
    return ParcelPointer(static_cast<Parcel*>(std::exchange(connection.parcel, nullptr)));
  }

  void replied(Connection& connection, const http::Response& response) override {
    auto parcel = take(connection);
    // Judge the reply now: it is a view into the connection's buffer.
    const Outcome outcome = correspondence.judge(*parcel, response);
    answered(connection, std::move(parcel), outcome, static_cast<unsigned>(response.status));
  }

  void lost(Connection& connection, Loss loss) override {
    if (loss == Loss::broken && connection.may_be_stale()) {  // send again, as every HTTP client does
      ++totals.reconnections;
      connection.send(static_cast<Parcel*>(connection.parcel)->bytes());
      return;
    }
    answered(connection, take(connection), outcome_of(loss), std::nullopt);
  }

  void answered(Connection& connection, ParcelPointer parcel, Outcome outcome, std::optional<unsigned> status) {
    --in_flight;
    idle.emplace_back(&connection, steady_clock::now());
    const bool again = !is_acknowledged(outcome) && correspondence.try_again(*parcel, outcome) &&
                       parcel->attempts < plan.attempts && !stopping;
    if (!again) {
      settle(std::move(parcel), outcome, status);
    } else {
      const auto due = std::max(steady_clock::now(), parcel->sent + plan.retry_spacing);
      retries.push_back({due, std::move(parcel)});
      std::push_heap(retries.begin(), retries.end());
    }
    proceed();
  }

  void proceed() {
    dispatch();
    if (!is_open_loop())
      plan_closed_loop();
    else if (ahead.empty() && may_plan())
      plan_open_loop();  // planning may have paused
    else
      finish_if_done();
  }

  void settle(ParcelPointer parcel, Outcome outcome, std::optional<unsigned> status) {
    ++totals.settled;
    --outstanding;
    correspondence.settled(*parcel, {outcome, status, steady_clock::now(), system_clock().now()});
    release(parcel->said.key);
  }

  // --- Time ---

  void on_tick() {
    const auto now = steady_clock::now();
    while (!deadlines.empty() && deadlines.front().at <= now) {
      const Deadline deadline = deadlines.front();
      deadlines.pop_front();
      // The parcel may be gone and another may have its address. Then the attempt's number or its time differ.
      auto* const parcel = static_cast<Parcel*>(deadline.connection->parcel);
      if (parcel != deadline.parcel || parcel->attempts != deadline.attempt || parcel->sent + plan.patience > now)
        continue;
      deadline.connection->close();
      answered(*deadline.connection, take(*deadline.connection), Outcome::timed_out, std::nullopt);
    }
    while (!retries.empty() && retries.front().due <= now) {
      std::pop_heap(retries.begin(), retries.end());
      waiting.push_back(std::move(retries.back().parcel));
      retries.pop_back();
    }
    dispatch();
    correspondence.tick(now);
    finish_if_done();
    if (done) return;
    tick_timer.expires_after(kTick);
    tick_timer.async_wait([this](error_code error) {
      if (!error) on_tick();
    });
  }

  void give_up() {
    stopping = true;
    ahead.clear();
    plan_timer.cancel();
    std::deque<ParcelPointer> abandoned;
    for (auto& parcel : waiting) abandoned.push_back(std::move(parcel));
    waiting.clear();
    for (auto& [key, parcels] : parked)
      for (auto& parcel : parcels) abandoned.push_back(std::move(parcel));
    parked.clear();
    for (auto& retry : retries) abandoned.push_back(std::move(retry.parcel));
    retries.clear();
    for (auto& parcel : abandoned) settle(std::move(parcel), Outcome::unfinished, std::nullopt);
    finish_if_done();
  }

  void finish_if_done() {
    if (done || outstanding > 0 || !ahead.empty() || may_plan()) return;
    done = true;
    totals.ended = steady_clock::now();
    tick_timer.cancel();
    plan_timer.cancel();
    for (auto& connection : connections) connection->close();
  }

  SendingTotals run() {
    totals.began = totals.ended = steady_clock::now();
    wall_began = system_clock().now();
    on_tick();
    if (is_open_loop())
      plan_open_loop();
    else
      plan_closed_loop();
    io.run();
    correspondence.tick(steady_clock::now());
    return totals;
  }

  ~Impl() override {
    for (auto& connection : connections) take(*connection);
  }

  struct Deadline {
    SteadyTime at;
    Connection* connection;
    const Parcel* parcel;
    int attempt;
  };
  struct Retry {
    SteadyTime due;
    ParcelPointer parcel;
    bool operator<(const Retry& other) const { return due > other.due; }  // so that the front of the heap is due next
  };

  const Server& server;
  SendingPlan plan;
  Correspondence& correspondence;
  Arrivals arrivals;
  asio::io_context io{1};
  asio::steady_timer plan_timer, tick_timer;
  std::vector<std::unique_ptr<Connection>> connections;
  std::vector<std::pair<Connection*, SteadyTime>> idle;
  std::deque<ParcelPointer> ahead;                                 // written, not due yet
  std::deque<ParcelPointer> waiting;                               // due, waiting for a connection
  std::unordered_map<uint32_t, std::deque<ParcelPointer>> parked;  // due, waiting for their key
  std::vector<bool> busy;                                          // by key
  std::vector<Retry> retries;                                      // a heap
  std::deque<Deadline> deadlines;                                  // all have the same length, so they are in order
  Timestamp wall_began;
  uint64_t arrival = 0;
  size_t outstanding = 0, in_flight = 0;
  bool exhausted = false, stopping = false, done = false;
  SendingTotals totals;
};

Sender::Sender(const Server& server, const SendingPlan& plan, Correspondence& correspondence)
    : impl_(std::make_unique<Impl>(server, plan, correspondence)) {}
Sender::~Sender() = default;
SendingTotals Sender::run() { return impl_->run(); }
void Sender::stop() {
  asio::post(impl_->io, [impl = impl_.get()] { impl->give_up(); });
}
const SendingTotals& Sender::totals() const { return impl_->totals; }

}  // namespace wxpipe::simulate
