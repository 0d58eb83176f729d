#include "ingest/delivery/hold_rule.hpp"

namespace wxpipe::ingest {

void HoldRule::read(std::string_view note, Time asked) {
  if (note != note_) {
    note_ = note;
    changed_at_ = asked;
  }
  const bool writer_lives = asked - changed_at_ < kPatience;
  free_until_ = !note.empty() && writer_lives ? Time{} : asked + kLease;
}

std::string hold_group(std::string_view topic_prefix) { return std::string(topic_prefix).append("hold"); }

}  // namespace wxpipe::ingest
