// Places on all topics under a name, so that a person can say "from before the upgrade" (wxpipe bookmark, wxpipe replay
// --from bookmark:NAME). Kept in wxpipe.bookmarks. One thread.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/clock.hpp"
#include "common/config/settings.hpp"
#include "common/kafka/partition.hpp"
#include "common/postgres/connection.hpp"
#include "common/report/report.hpp"
#include "operate/audit_log.hpp"

namespace wxpipe::operate {

struct Bookmark {
  std::string name;
  Timestamp at{};
  std::string set_by;
  std::map<std::string, std::vector<int64_t>>
      offsets{};  // topic -> next offset by partition; empty: only the time is known
};

// Where the topics end now. Throws Unavailable.
std::map<std::string, std::vector<int64_t>> ends_of_topics(const config::KafkaSettings& settings);

enum class Existing { refuse, replace, keep };
// Throws UsageError: the name is taken (Existing::refuse), or no name at all.
// who: for audit_logs, in the same transaction; null: not a person.
void set_bookmark(postgres::Connection& connection, const Bookmark& bookmark, Existing existing,
                  const Operator* who = nullptr);

// The newest first.
std::vector<Bookmark> list_bookmarks(postgres::Connection& connection);
report::Report bookmarks_report(postgres::Connection& connection);
// Throws UsageError that names those that there are.
Bookmark find_bookmark(postgres::Connection& connection, std::string_view name);

}  // namespace wxpipe::operate
