#include "cli/top_command.hpp"

#include <fmt/format.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <memory>
#include <optional>

#include "common/config/environment.hpp"
#include "common/config/units.hpp"
#include "common/postgres/migrations.hpp"
#include "common/postgres/sqlstate.hpp"
#include "common/result.hpp"
#include "common/runtime/stop_signals.hpp"
#include "common/runtime/stop_wait.hpp"
#include "operate/dead_letters.hpp"
#include "operate/lag.hpp"
#include "operate/top.hpp"
#include "sinks/custody/custody_store.hpp"

namespace wxpipe::cli {
namespace {
using namespace std::chrono_literals;
using operate::TopOrder;
using report::Fact, report::Kind, report::Level, report::Report, report::Table, report::Value;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr milliseconds kPatience = 2s;  // with each role
constexpr milliseconds kKeys = 100ms;   // how soon a key is noticed

struct Options {
  std::vector<std::string> admin;
  std::string every = "2s";
  bool once = false;
};

// What Kafka and Postgres say. Without them, the roles are shown all the same, with the reason.
class Servers {
 public:
  explicit Servers(const config::Settings& settings) : settings_(settings) {}

  struct Look {
    std::optional<operate::LagLook> lag;
    int64_t unaccounted = 0, open_letters = 0;
    std::string trouble;
  };
  Look look() {
    Look look;
    try {
      if (!connection_) {
        connection_ = std::make_unique<postgres::Connection>(settings_.postgres.url, "wxpipe top",
                                                             postgres::Purpose::administration);
        connection_->execute("set statement_timeout = 3000");
        postgres::require_schema(*connection_);
      }
      if (!meter_) meter_ = std::make_unique<operate::LagMeter>(settings_);
      look.unaccounted = sinks::CustodyStore(*connection_).unaccounted();
      look.open_letters = operate::count_letters(*connection_, operate::LetterFilter{});
      look.lag = meter_->look(*connection_);
    } catch (const std::runtime_error& error) {  // shown in this frame, and tried again for the next one
      look.trouble = error.what();
      connection_.reset();
    }
    return look;
  }

 private:
  const config::Settings& settings_;
  std::unique_ptr<postgres::Connection> connection_;
  std::unique_ptr<operate::LagMeter> meter_;
};

struct Look {
  std::vector<operate::Scrape> roles;
  Servers::Look servers;
};

Value in_microseconds(const std::optional<double>& seconds) {
  return seconds ? Value(static_cast<int64_t>(*seconds * 1e6)) : Value();
}
int64_t rounded(double number) { return static_cast<int64_t>(std::lround(number)); }
double tenths(double number) { return std::round(number * 10) / 10; }

Report report_of(const Look& before, const Look& now, TopOrder order) {
  Report report;
  std::vector<operate::RoleLine> lines;
  for (size_t i = 0; i < now.roles.size(); ++i)
    for (auto& line : operate::role_lines(before.roles.at(i), now.roles[i])) lines.push_back(std::move(line));
  operate::sort(lines, order);
  Table roles{"roles",
              "",
              {{"address", "address"},
               {"role", "role"},
               {"per_second", "in/s", Kind::count},
               {"bad_per_second", "bad/s", Kind::count},
               {"median_us", "median", Kind::duration},
               {"p99_us", "p99", Kind::duration},
               {"waiting", "waiting", Kind::count},
               {"state", "state"}},
              {}};
  int64_t spool = 0;
  for (const auto& line : lines) {
    if (line.role == "ingest") spool += rounded(line.waiting);
    roles.rows.push_back({line.address, line.role, tenths(line.per_second), tenths(line.bad_per_second),
                          in_microseconds(line.median), in_microseconds(line.p99), rounded(line.waiting), line.state});
    if (line.role.empty())
      report.findings.push_back({Level::warning, fmt::format("no role answers at {}: {}", line.address, line.state),
                                 "Name the [admin] listen of each role: --admin HOST:PORT."});
  }
  report.tables.push_back(std::move(roles));

  const auto& servers = now.servers;
  report.facts.push_back({"spool_events", "events in spools", spool, Kind::count});
  if (servers.trouble.empty()) {
    report.facts.push_back({"unaccounted", "unaccounted", servers.unaccounted, Kind::count});
    report.facts.push_back({"open_dead_letters", "open dead letters", servers.open_letters, Kind::count});
    if (servers.unaccounted > 0)
      report.findings.push_back(
          {Level::error, "callbacks were acknowledged and are found nowhere", "`wxpipe audit --repair` names each."});
  } else {
    report.findings.push_back({Level::warning,
                               "lag, dead letters and unaccounted can't be asked for: " + servers.trouble,
                               "`wxpipe doctor` says more."});
  }
  if (servers.lag && before.servers.lag) {
    Table readers{"readers",
                  "readers",
                  {{"reader", "reader"},
                   {"records", "records behind", Kind::count},
                   {"age_us", "oldest waits", Kind::duration},
                   {"in_per_second", "in/s", Kind::count},
                   {"out_per_second", "out/s", Kind::count},
                   {"catch_up_us", "caught up in", Kind::duration}},
                  {}};
    for (const auto& one : operate::readers(*before.servers.lag, *servers.lag))
      readers.rows.push_back({one.reader, one.records, one.age.count(), tenths(one.in_per_second),
                              tenths(one.out_per_second), one.catch_up ? Value(one.catch_up->count()) : Value()});
    report.tables.push_back(std::move(readers));
  }
  return report;
}

// A terminal that gives each key at once; as it was again at the end.
class Keys {
 public:
  Keys() {
    if (::isatty(STDIN_FILENO) != 1 || ::tcgetattr(STDIN_FILENO, &before_) != 0) return;
    auto raw = before_;
    raw.c_lflag &= ~static_cast<tcflag_t>(ICANON | ECHO);
    changed_ = ::tcsetattr(STDIN_FILENO, TCSANOW, &raw) == 0;
    if (changed_) fmt::print("\033[?1049h\033[?25l");  // another screen, without the cursor
  }
  ~Keys() {
    if (!changed_) return;
    fmt::print("\033[?25h\033[?1049l");
    std::fflush(stdout);
    ::tcsetattr(STDIN_FILENO, TCSANOW, &before_);
  }
  Keys(const Keys&) = delete;
  Keys& operator=(const Keys&) = delete;

  // The next key, or 0 after the time.
  char next(milliseconds time) {
    pollfd input{STDIN_FILENO, POLLIN, 0};
    char key = 0;
    if (!changed_ || ::poll(&input, 1, static_cast<int>(time.count())) <= 0) return 0;
    return ::read(STDIN_FILENO, &key, 1) == 1 ? key : 'q';  // the terminal is gone
  }

 private:
  termios before_{};
  bool changed_ = false;
};

void show(const Report& report, const std::string& head) {
  winsize size{};
  ::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size);
  const auto environment = config::process_environment();
  const auto style = report::style_for(true, size.ws_col, environment.get("NO_COLOR"), environment.get("TERM"));
  auto text = head + "\n\n" + to_text(report, style);
  // Lines that don't fit would scroll the head away.
  std::string frame = "\033[H";
  for (int rows = size.ws_row > 1 ? size.ws_row - 1 : 24; rows > 0 && !text.empty(); --rows) {
    const auto end = std::min(text.find('\n'), text.size());
    frame.append(text, 0, end).append("\033[K\n");
    text.erase(0, std::min(end + 1, text.size()));
  }
  fmt::print("{}\033[J", frame);
  std::fflush(stdout);
}

void live(const std::function<Look()>& look, milliseconds every, const std::stop_token& stop) {
  Keys keys;
  auto order = TopOrder::address;
  bool paused = false;
  auto before = look(), now = before;
  auto looked = steady_clock::now();
  while (!stop.stop_requested()) {
    show(report_of(before, now, order),
         fmt::format("wxpipe top{}   sorted by {}   q quit, p {}, s sort", paused ? " (paused)" : "", to_string(order),
                     paused ? "go on" : "pause"));
    const auto due = looked + every;
    for (bool same = true; same && !stop.stop_requested();) {
      switch (keys.next(kKeys)) {
        case 'q':
          return;
        case 'p':
          paused = !paused;
          same = false;
          break;
        case 's':
          order = next(order);
          same = false;
          break;
        default:
          if (paused || steady_clock::now() < due) continue;
          before = std::move(now);
          now = look();
          looked = steady_clock::now();
          same = false;
      }
    }
  }
}

void run(Program& program, const Options& options) {
  const auto every = config::parse_duration(options.every);
  if (!every || *every < 100ms)
    throw UsageError(fmt::format("--every: '{}' is no duration of 100ms or more; write 2s", options.every));
  const auto settings = load_settings(program, config::kForPostgres);
  std::vector<config::Endpoint> addresses;
  for (const auto& text : options.admin) {
    const auto endpoint = config::parse_endpoint(text);
    if (!endpoint || endpoint->port == 0)
      throw UsageError(fmt::format("--admin: '{}' is no address; write 127.0.0.1:9464", text));
    addresses.push_back(*endpoint);
  }
  if (addresses.empty()) {
    addresses.push_back(settings.admin.listen);
    if (addresses.front().host == "0.0.0.0") addresses.front().host = "127.0.0.1";
  }
  auto quiet = settings;
  quiet.kafka.properties.insert_or_assign("log_level", "0");  // librdkafka's: the frame says what is wrong
  const runtime::StopSignals signals;
  Servers servers(quiet);
  const auto look = [&] { return Look{operate::scrape(addresses, kPatience), servers.look()}; };
  const bool terminal = ::isatty(STDOUT_FILENO) == 1 && ::isatty(STDIN_FILENO) == 1;
  if (terminal && !options.once && program.format == Format::text) return live(look, *every, signals.token());
  const auto before = look();
  runtime::wait(signals.token(), *every);
  if (signals.token().stop_requested()) return;
  conclude(program, report_of(before, look(), TopOrder::address));
}
}  // namespace

void add_top_command(Program& program) {
  auto& command = *program.app.add_subcommand(
      "top", "Shows all roles at a glance, again and again: rates, latencies, what waits, what is wrong");
  command.group("Operation");
  add_config_options(command, program);
  add_report_options(command, program, Rows::some);
  const auto options = std::make_shared<Options>();
  command
      .add_option("--admin", options->admin,
                  "The admin address of a role; may be given several times. Default: [admin] listen")
      ->type_name("HOST:PORT");
  command.add_option("--every", options->every, "Time between two looks. Default: 2s")->type_name("DURATION");
  command.add_flag("--once", options->once, "One frame as a report, then end; so it is without a terminal, too");
  add_examples(command, {{"wxpipe top -c wxpipe.toml", "q quits, p pauses, s sorts by another column"},
                         {"wxpipe top --admin in-1:9464 --admin proc-1:9464 --admin sink-1:9464 -c wxpipe.toml",
                          "roles on other machines"},
                         {"wxpipe top --once --json -c wxpipe.toml | jq '.roles[].p99_us'", "for programs"}});
  command.callback([&program, options] { run(program, *options); });
}

}  // namespace wxpipe::cli
