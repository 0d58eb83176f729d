#include "cli/top_command.hpp"

#include <fmt/format.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include <algorithm>
#include <functional>
#include <memory>

#include "common/config/environment.hpp"
#include "common/config/units.hpp"
#include "common/result.hpp"
#include "common/runtime/stop_signals.hpp"
#include "common/runtime/stop_wait.hpp"
#include "operate/top_report.hpp"

namespace wxpipe::cli {
namespace {
using namespace std::chrono_literals;
using operate::TopOrder;
using report::Report;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr milliseconds kPatience = 2s;  // with each role
constexpr milliseconds kKeys = 100ms;   // how soon a key is noticed

struct Options {
  std::vector<std::string> admin;
  std::string every = "2s";
  bool once = false;
};

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

void live(const std::function<operate::Look()>& look, milliseconds every, const std::stop_token& stop) {
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
  const runtime::StopSignals signals;
  operate::Servers servers(settings,
                           [](const sinks::FamilyDatabase& database) { return sinks::open(database, "wxpipe top"); });
  const auto look = [&] { return operate::Look{operate::scrape(addresses, kPatience), servers.look()}; };
  const bool terminal = ::isatty(STDOUT_FILENO) == 1 && ::isatty(STDIN_FILENO) == 1;
  if (terminal && !options.once && program.format == Format::text) return live(look, *every, signals.token());
  const auto before = look();
  runtime::wait(signals.token(), *every);
  if (signals.token().stop_requested()) return;
  const auto now = look();
  conclude(program, report_of(before, now, TopOrder::address));
  const bool nobody_answers = std::ranges::none_of(now.roles, [](const auto& role) { return role.trouble.empty(); });
  if (nobody_answers || !now.servers.trouble.empty()) program.exit_code = std::max<int>(program.exit_code, kServerAway);
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
  command.add_flag(
      "--once", options->once,
      "One frame as a report, then end; so it is without a terminal, too. Exit code 3 if a server or all roles are away");
  add_examples(command, {{"wxpipe top -c wxpipe.toml", "q quits, p pauses, s sorts by another column"},
                         {"wxpipe top --admin in-1:9464 --admin proc-1:9464 --admin sink-1:9464 -c wxpipe.toml",
                          "roles on other machines"},
                         {"wxpipe top --once --json -c wxpipe.toml | jq '.roles[].p99_us'", "for programs"}});
  command.callback([&program, options] { run(program, *options); });
}

}  // namespace wxpipe::cli
