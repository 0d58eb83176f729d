#include "ingest/delivery/hold_rule.hpp"

namespace wxpipe::ingest {

void HoldRule::read(std::string_view note, Time asked) {
  if (note != note_) {
    note_ = note;
    changed_at_ = asked;
  }
  asked_for_ = !note.empty() && asked - changed_at_ < kPatience;
  free_until_ = asked_for_ ? Time{} : asked + kLease;
}

std::string hold_group(std::string_view topic_prefix) { return std::string(topic_prefix).append("hold"); }

}  // namespace wxpipe::ingest
