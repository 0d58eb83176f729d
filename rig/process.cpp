#include "rig/process.hpp"

#include <fcntl.h>
#include <linux/close_range.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

namespace wxpipe::rig {
namespace {
[[noreturn]] void throw_errno(const std::string& what) {
  throw std::system_error(errno, std::generic_category(), what);
}

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> result;
  for (auto& text : texts) result.push_back(text.data());
  result.push_back(nullptr);
  return result;
}

std::vector<std::string> environment_with(const std::map<std::string, std::string>& changes) {
  std::vector<std::string> lines;
  for (char** line = environ; *line != nullptr; ++line) {
    const std::string text = *line;
    if (!changes.contains(text.substr(0, text.find('=')))) lines.push_back(text);
  }
  for (const auto& [name, value] : changes)
    if (!value.empty()) lines.push_back(name + "=" + value);
  return lines;
}

int open_for_writing(const std::filesystem::path& path) {
  const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  if (file < 0) throw_errno("open " + path.string());
  return file;
}

// Between fork and exec only async-signal-safe calls are allowed: another thread may hold any lock. SIGXFSZ is ignored,
// so that a limit on file sizes is a write error, as on a full disk, and doesn't kill the program.
struct Prepared {
  const char* program;
  char* const* arguments;
  char* const* environment;
  const char* folder;  // null: the same as ours
  int output, errors, report;
  pid_t parent;
};
[[noreturn]] void become(const Prepared& prepared) {
  sigset_t none;
  sigemptyset(&none);
  const int null = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
  if (sigprocmask(SIG_SETMASK, &none, nullptr) == 0 && ::signal(SIGPIPE, SIG_DFL) != SIG_ERR &&
      ::signal(SIGINT, SIG_DFL) != SIG_ERR && ::signal(SIGXFSZ, SIG_IGN) != SIG_ERR &&
      prctl(PR_SET_PDEATHSIG, SIGKILL) == 0 && getppid() == prepared.parent && null >= 0 && dup2(null, 0) >= 0 &&
      dup2(prepared.output, 1) >= 0 && dup2(prepared.errors, 2) >= 0 && close_range(3, ~0U, CLOSE_RANGE_CLOEXEC) == 0 &&
      (prepared.folder == nullptr || chdir(prepared.folder) == 0))
    execvpe(prepared.program, prepared.arguments, prepared.environment);
  const int why = errno;
  [[maybe_unused]] const auto written = write(prepared.report, &why, sizeof why);
  _exit(127);
}
}  // namespace

std::ostream& operator<<(std::ostream& out, const Exit& exit) {
  return exit.signal != 0 ? out << "signal " << exit.signal : out << "exit code " << exit.code;
}

Process::Process(const Command& command) {
  std::vector<std::string> arguments{command.program};
  arguments.insert(arguments.end(), command.arguments.begin(), command.arguments.end());
  auto environment = environment_with(command.environment);
  const auto argument_pointers = pointers(arguments);
  const auto environment_pointers = pointers(environment);
  int report[2];
  if (::pipe2(report, O_CLOEXEC) != 0) throw_errno("pipe");
  if (command.log.empty()) folder_.emplace();
  const Prepared prepared{.program = command.program.c_str(),
                          .arguments = argument_pointers.data(),
                          .environment = environment_pointers.data(),
                          .folder = command.folder.empty() ? nullptr : command.folder.c_str(),
                          .output = open_for_writing(folder_ ? *folder_ / "output" : command.log),
                          .errors = open_for_writing(folder_ ? *folder_ / "errors" : command.log),
                          .report = report[1],
                          .parent = ::getpid()};
  pid_ = ::fork();
  if (pid_ == 0) become(prepared);
  for (const int file : {prepared.output, prepared.errors, report[1]}) ::close(file);
  if (pid_ < 0) {
    ::close(report[0]);
    throw_errno("fork");
  }
  // Closed without a byte: exec succeeded.
  int why = 0;
  const auto said = ::read(report[0], &why, sizeof why);
  ::close(report[0]);
  if (said == 0) return;
  ::waitpid(pid_, nullptr, 0);
  throw std::system_error(why, std::generic_category(), "start " + command.program);
}

Process::~Process() {
  reap(WNOHANG);
  if (exit_) return;
  ::kill(pid_, SIGKILL);
  reap(0);
}

void Process::reap(int options) {
  int status = 0;
  if (exit_ || ::waitpid(pid_, &status, options) != pid_) return;
  exit_ = WIFSIGNALED(status) ? Exit{.code = 0, .signal = WTERMSIG(status)}
                              : Exit{.code = WEXITSTATUS(status), .signal = 0};
}

bool Process::running() {
  reap(WNOHANG);
  return !exit_;
}

void Process::signal(int number) {
  if (running() && ::kill(pid_, number) != 0) throw_errno("kill");
}

std::optional<Exit> Process::wait(std::chrono::milliseconds patience) {
  eventually([&] { return !running(); }, patience);
  return exit_;
}

std::string Process::output() const { return folder_ ? read_file(*folder_ / "output") : ""; }
std::string Process::errors() const { return folder_ ? read_file(*folder_ / "errors") : ""; }

}  // namespace wxpipe::rig
