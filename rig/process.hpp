// Runs another program as our child: with arguments and environment, output kept, signals, a wait with a deadline. The
// destructor kills it if it still runs.
//
// The thread that starts a process must live as long as the process: the kernel kills the child when that thread ends.
// So nothing is left running if we are killed.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <filesystem>
#include <map>
#include <optional>
#include <ostream>
#include <string>
#include <vector>

#include "rig/eventually.hpp"
#include "rig/temporary_folder.hpp"

namespace wxpipe::rig {

// How a process ended: by itself with a code, or by a signal.
struct Exit {
  int code = 0;
  int signal = 0;
  bool operator==(const Exit&) const = default;
};
std::ostream& operator<<(std::ostream& out, const Exit& exit);

struct Command {
  std::string program;  // a path, or a name to look up in PATH
  std::vector<std::string> arguments = {};
  std::map<std::string, std::string> environment = {};  // added to our own; an empty value removes a variable
  std::filesystem::path folder = {};                    // working directory; empty: ours
  std::filesystem::path log = {};  // output and errors are appended to it; empty: they are kept in memory
};

class Process {
 public:
  // Throws std::system_error when it can't be started.
  explicit Process(const Command& command);
  ~Process();  // kills it if it still runs
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  pid_t pid() const { return pid_; }
  bool running();
  // Does nothing if it has already ended.
  void signal(int number);
  // Nothing: it still runs at the deadline.
  std::optional<Exit> wait(std::chrono::milliseconds patience = kPatience);

  // What it has written so far; empty if it writes to a log.
  std::string output() const;
  std::string errors() const;

 private:
  void reap(int options);

  std::optional<TemporaryFolder> folder_;
  pid_t pid_ = -1;
  std::optional<Exit> exit_;
};

}  // namespace wxpipe::rig
