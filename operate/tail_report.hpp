// A followed event as a row: a line of `wxpipe tail --ndjson`, and of the console's live page. Pure.
#pragma once

#include <vector>

#include "common/report/report.hpp"
#include "operate/tail.hpp"

namespace wxpipe::operate {

const std::vector<report::Column>& followed_columns();
report::Row row_of(const Followed& one);

}  // namespace wxpipe::operate
