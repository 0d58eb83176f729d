// Makes the platforms' callbacks, one after the other, from the seed, the accounts and the times asked for. The same
// calls give the same bytes on every machine. One thread.
#pragma once

#include <deque>
#include <string>
#include <unordered_map>
#include <vector>

#include "simulate/said.hpp"
#include "simulate/speaker.hpp"
#include "simulate/topic.hpp"

namespace wxpipe::simulate {

struct GeneratorOptions {
  uint64_t seed = 1;
  Timestamp begin;                 // keeps the ids of two runs with one seed apart
  size_t subjects = 200;           // followers or customers of each account
  double resend = 0;               // share that repeats an earlier callback
  double resend_changed = 0;       // share of those with other bytes and the same identity
  double resend_late = 0;          // share of those that repeat one of any time in the run, not one of the latest
  double long_ago = 0;             // share about a million people who came years ago and are seldom seen
  double poison = 0;               // share that is authentic but unreadable
  double strangers = 0;            // share that is not authentic
  std::vector<std::string> types;  // only these; a trailing * matches a family. Empty: all
  size_t body_bytes = 0;           // shorter bodies are filled up to this
};

// Traffic as pipelines meet it, whatever accounts there are: `wxpipe simulate --day`, and every benchmark that isn't
// about one kind of message. docs/performance.md says it in words.
GeneratorOptions a_day();

class Generator {
 public:
  // Throws UsageError when an account isn't usable, or no account has any of the wanted types.
  Generator(const std::vector<config::AccountSettings>& accounts, const GeneratorOptions& options);

  Said next(Timestamp at);

  const Speaker& speaker(size_t index) const { return voices_[index].speaker; }
  // A text that stands in this callback's body and in no other, of this run or another.
  std::string token(uint64_t serial) const;

 private:
  struct Voice {
    Speaker speaker;
    std::vector<const Topic*> topics;
    std::vector<int> until;          // running sums of the weights
    const Topic* joining = nullptr;  // how a follower first appears; null: not in the wanted types
    std::vector<bool> joined;
  };

  Said say(size_t index, const Topic& topic, size_t person, int64_t second, Timestamp at);
  struct Order;
  Order& order_of(const Said& said);
  void put_in_order(Said& said);
  Said ordinary(Timestamp at);
  Said poisoned(Timestamp at);
  Said strange(Timestamp at);
  Said again(Timestamp at);
  void remember(const Said& said);

  GeneratorOptions options_;
  uint64_t run_;
  Random random_;
  uint64_t serial_ = 0;
  std::vector<Voice> voices_;
  std::vector<int> voices_until_;
  struct Order {
    uint32_t key;
    uint64_t next;
    int64_t second;                  // the latest one seen
    std::vector<const Topic*> done;  // topics already used in that second
  };
  std::unordered_map<std::string, Order> keys_;
  std::deque<Said> lately_;    // callbacks that can be repeated
  std::vector<Said> earlier_;  // some of the whole run, each as likely as the other
  uint64_t remembered_ = 0;
};

}  // namespace wxpipe::simulate
