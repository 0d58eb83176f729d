// The types that docs/event-types.md promises, read from its tables, so that none of them is without a case.
#pragma once

#include <istream>
#include <set>
#include <string>

namespace wxpipe::ingest::golden {

// "<platform> <type>" for each row that names one type, as in "wechat follower.subscribed". A table's platform stands
// in its heading; messages have one table for three platforms, and count for wechat.
std::set<std::string> documented_types(std::istream& markdown);

}  // namespace wxpipe::ingest::golden
