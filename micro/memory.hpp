// What `wxpipe micro` has taken, and the answers to questions about it: events with what process made of them, repeats,
// dead letters. Only in memory; the newest kMost events and dead letters are kept. Any thread.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace wxpipe::micro {

enum class Kind { all, good, bad };

class Memory {
 public:
  static constexpr size_t kMost = 10'000;

  // A record: the topic's name without prefix ("messages.v1"), and its value. What isn't JSON with a schema is left
  // out.
  void take(std::string_view topic, std::string_view json);

  // query: conditions as in an address, all of which must hold.
  //   id=…       event id, dead letter id, receipt, MsgId or identity
  //   account=…, type=…, reason=…, sender=…   the value; a * at its end stands for anything
  //   tag=…      a text that stands anywhere in the event, or in what came
  //   count=N    waits until at least N of them are there, at most `within` seconds (5; up to 20)
  //   limit=N    at most so many in the answer, the newest (100)
  // Throws UsageError that says what is wrong.
  std::string answer(Kind kind, std::string_view query) const;

  // Forgets everything. The answer is what was forgotten, as counts.
  std::string reset();

 private:
  struct Event {
    std::string id, json;
    std::vector<std::string> facts;  // JSON, in the order of arrival
    int repeats = 0;
  };
  struct Question;

  static Question parse(std::string_view query);
  size_t count(Kind kind, const Question& question) const;
  std::string counts() const;
  Event& event(std::string_view id);

  mutable std::mutex mutex_;
  mutable std::condition_variable changed_;
  std::deque<Event> events_;
  std::map<std::string, Event*, std::less<>> by_id_;
  std::deque<std::string> letters_;
  uint64_t repeats_ = 0, forgotten_ = 0;
};

}  // namespace wxpipe::micro
