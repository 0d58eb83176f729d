#include "sinks/record.hpp"

namespace wxpipe::sinks {

schemas::DeadLetter dead_letter_of(const InputRecord& record, std::string_view stage, const Rejection& why,
                                   std::string_view sqlstate, const KnownOfRecord& known, Timestamp now) {
  const auto header = [&](const char* name) { return record.header ? record.header(name) : std::string_view(); };
  return schemas::dead_letter_of({record.topic,
                                  record.partition,
                                  record.offset,
                                  record.key,
                                  record.value,
                                  record.timestamp,
                                  header(schemas::kTraceparentHeader),
                                  {header(schemas::kOldEventIdHeader), header(schemas::kOldReceiptHeader)}},
                                 stage, why, sqlstate, known, now);
}

}  // namespace wxpipe::sinks
