// Decides which of librdkafka's log lines are written. One broken connection causes many lines a second, from every
// client and thread. So each cause is written once in a while, with the number of lines left out. Plain value; not
// thread-safe, so share it under a lock.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace wxpipe::kafka {

// "[thrd:a:1/bootstrap]: a:1/1: Connect to ipv4#1.2.3.4:1 failed: Connection refused (after 0ms in state CONNECT)" ->
// "Connect to ipv4#1.2.3.4:1 failed: Connection refused": the cause, without the client, the thread and the time.
std::string_view cause_of(std::string_view text);

class ClientLog {
 public:
  using Time = std::chrono::steady_clock::time_point;

  // How many lines of the same cause were left out since the last written one. Empty: leave out this line too.
  std::optional<int64_t> admit(std::string_view text, Time now);

 private:
  struct Seen {
    Time written;
    int64_t left_out = 0;
  };
  std::map<std::string, Seen, std::less<>> seen_;  // at most kMostCauses
};

}  // namespace wxpipe::kafka
