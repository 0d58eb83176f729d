// Another program as our child: started with arguments and environment, its output kept, signalled, waited for
// with a deadline, and killed in the end whatever happens.
//
// The thread that starts a process must live as long as it: the kernel kills the child when that thread ends (so that
// nothing is left over when we are killed ourselves).
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
  std::map<std::string, std::string> environment = {};  // besides our own; an empty value removes a variable
  std::filesystem::path folder = {};                    // to run in; empty: ours
  std::filesystem::path log = {};  // gets output and errors, behind what it holds; empty: kept apart
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
  // Nothing happens when it has ended already.
  void signal(int number);
  // Nothing: it still runs at the deadline.
  std::optional<Exit> wait(std::chrono::milliseconds patience = kPatience);

  // What it has written so far, unless it writes to a log.
  std::string output() const;
  std::string errors() const;

 private:
  void reap(int options);

  std::optional<TemporaryFolder> folder_;
  pid_t pid_ = -1;
  std::optional<Exit> exit_;
};

}  // namespace wxpipe::rig
