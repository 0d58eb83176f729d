// Which events are meant: `account=shop,type=message.*,subject=oABC…`, and values found in the event's own JSON by a
// JSON pointer. tail, replay and the console share it. Pure; any thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "schemas/facts/event.hpp"

namespace wxpipe::operate {

class EventFilter {
 public:
  EventFilter() = default;
  // where: conditions separated by commas, each NAME=PATTERN. Names: account, tenant, type, subject, sender, recipient,
  // conversation, category, platform, msg_type, event, msg_id, content, receipt, trace_id. In a pattern * stands for
  // any text. match: POINTER=PATTERN, such as /attributes/EventKey=qrscene_*. All must hold. Throws UsageError.
  EventFilter(std::string_view where, const std::vector<std::string>& match);

  // json: the value of the record that the event was read from; only looked at where there are pointers.
  bool takes(const schemas::Event& event, std::string_view json) const;
  bool takes_all() const { return conditions_.empty() && pointers_.empty(); }

 private:
  struct Condition {
    std::string schemas::Event::*member;
    std::string pattern;
  };
  struct Pointer {
    std::string path, pattern;
  };
  std::vector<Condition> conditions_;
  std::vector<Pointer> pointers_;
};

}  // namespace wxpipe::operate
