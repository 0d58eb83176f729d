// The types that docs/event-types.md promises, read from its tables, so that each must have a case.
#pragma once

#include <istream>
#include <set>
#include <string>

namespace wxpipe::ingest::golden {

// "<platform> <type>" for each row that names one type, as in "wechat follower.subscribed". The platform is in the
// table's heading. Messages have one table for three platforms; they count for wechat.
std::set<std::string> documented_types(std::istream& markdown);

}  // namespace wxpipe::ingest::golden
