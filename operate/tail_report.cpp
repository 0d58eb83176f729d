#include "operate/tail_report.hpp"

namespace wxpipe::operate {

const std::vector<report::Column>& followed_columns() {
  static const std::vector<report::Column> all{{"received_at"}, {"fate"},    {"account"},  {"type"},  {"subject"},
                                               {"content"},     {"receipt"}, {"event_id"}, {"detail"}};
  return all;
}

report::Row row_of(const Followed& one) {
  return {one.received_at, to_string(one.fate), one.account,  one.type,  one.subject,
          one.content,     one.receipt,         one.event_id, one.detail};
}

}  // namespace wxpipe::operate
