#include "console/live.hpp"

#include <fmt/format.h>

#include <chrono>

#include "common/report/report.hpp"
#include "common/runtime/stop_wait.hpp"
#include "console/masking.hpp"
#include "operate/tail_report.hpp"

namespace wxpipe::console {
namespace {
using namespace std::chrono_literals;
using std::chrono::steady_clock;

constexpr operate::TailLimits kLimits{.patience = 5s, .most_a_second = Live::kMostPerSecond};
constexpr auto kPause = 200ms;    // between two looks
constexpr auto kStateEvery = 2s;  // also tells the client and what lies between that somebody is here
constexpr auto kStatementLimit = 10s;
constexpr std::string_view kRetry = "retry: 2000\n\n";  // a client that lost us comes back after so many milliseconds

report::Row masked_row(const operate::Followed& one, const Identity& who) {
  auto row = operate::row_of(one);
  const auto& columns = operate::followed_columns();
  for (size_t i = 0; i < row.size(); ++i) row[i] = masked(columns[i].key, std::move(row[i]), who);
  return row;
}
}  // namespace

Response Live::open(LiveQuestion question, const Identity& who) {
  // Ends the count when the stream is gone, however that comes.
  struct Place {
    explicit Place(std::atomic<int>& count) : count_(count) { ++count_; }
    ~Place() { --count_; }
    Place(const Place&) = delete;
    Place& operator=(const Place&) = delete;
    std::atomic<int>& count_;
  };
  auto place = std::make_shared<Place>(open_);
  if (open_ > kMostStreams)
    throw Problem(503, "busy", "there are eight live views already", "Close one of them, or use `wxpipe tail`.");
  const auto shared = std::make_shared<LiveQuestion>(std::move(question));
  return {.type = "text/event-stream; charset=utf-8",
          .headers = {{"X-Accel-Buffering", "no"}},
          .stream = [this, place, shared, who](const Send& send, const std::stop_token& stop) {
            if (!send(kRetry)) return;
            try {
              run(*shared, who, send, stop);
            } catch (const std::exception& error) {
              const auto problem = problem_of(error);
              send(fmt::format("event: error\ndata: {}\n\n", error_json(problem.code, problem.what(), problem.remedy)));
            }
          }};
}

void Live::run(LiveQuestion& question, const Identity& who, const Send& send, const std::stop_token& stop) const {
  auto settings = settings_;
  settings.kafka.properties.insert_or_assign("log_level", "0");
  const auto databases = at_postgres([&] { return databases_.connect(Databases::For::questions, kStatementLimit); });
  auto& connection = databases->of<schemas::Event>();
  auto tail = at_kafka([&] {
    return question.place ? operate::Tail(settings, std::move(question.filter), *question.place, kLimits)
                          : operate::Tail(settings, std::move(question.filter), question.from, kLimits);
  });
  uint64_t told_left_out = 0;
  steady_clock::time_point told{};
  std::string out;
  while (!stop.stop_requested()) {
    const auto now = steady_clock::now();
    const auto events = tail.step(connection, now);
    out.clear();
    for (const auto& one : events) {
      out += "event: callback\ndata: ";
      report::append_row(out, operate::followed_columns(), masked_row(one, who));
      out += "\n\n";
    }
    // The place comes with the last event: a client that is cut off before it gets all of them again.
    if (!events.empty() || now - told >= kStateEvery || tail.left_out() != told_left_out) {
      told = now;
      told_left_out = tail.left_out();
      out += fmt::format("id: {}\nevent: state\ndata: ", to_string(tail.place(system_clock().now())));
      report::append_row(out, {{"at"}, {"behind"}, {"left_out"}}, {system_clock().now(), tail.behind(), told_left_out});
      out += "\n\n";
    }
    if (!out.empty() && !send(out)) return;
    if (tail.behind() == 0) runtime::wait(stop, kPause);
  }
}

}  // namespace wxpipe::console
