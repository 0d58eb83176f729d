// librdkafka tells of one broken connection from every client and every thread that knows the broker, many times a
// second. Which of its lines are worth writing: each cause once in a while, with the number of those left out. Plain
// value; whoever shares one between threads locks it.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace wxpipe::kafka {

// "[thrd:a:1/bootstrap]: a:1/1: Connect to ipv4#1.2.3.4:1 failed: Connection refused (after 0ms in state CONNECT)" ->
// "Connect to ipv4#1.2.3.4:1 failed: Connection refused": what is left without who said it and when.
std::string_view cause_of(std::string_view text);

class ClientLog {
 public:
  using Time = std::chrono::steady_clock::time_point;

  // How many lines of this one's cause were left out since the last that was written; nothing: leave this out, too.
  std::optional<int64_t> admit(std::string_view text, Time now);

 private:
  struct Seen {
    Time written;
    int64_t left_out = 0;
  };
  std::map<std::string, Seen, std::less<>> seen_;  // at most kMostCauses
};

}  // namespace wxpipe::kafka
