// A record that `process` writes. Key, headers and value are in one piece of memory: there are several records for each
// event, and allocating each part costs more than copying it.
#pragma once

#include <array>
#include <cstddef>
#include <string>
#include <string_view>

#include "common/clock.hpp"
#include "schemas/topics.hpp"

namespace wxpipe::processors {

// The headers of every record of an event. Empty: absent.
struct RecordHeaders {
  std::string_view event_id, receipt, traceparent;
  bool operator==(const RecordHeaders&) const = default;
};

class OutputRecord {
 public:
  OutputRecord(schemas::TopicName on, std::string_view key, const RecordHeaders& headers, std::string_view value,
               Timestamp at)
      : topic(on),
        timestamp(at),
        ends_{key.size(), 0, 0, 0} {
    const std::array parts{headers.event_id, headers.receipt, headers.traceparent};
    for (size_t i = 0; i < parts.size(); ++i) ends_[i + 1] = ends_[i] + parts[i].size();
    text_.reserve(ends_.back() + value.size());
    text_ += key;
    for (const auto part : parts) text_ += part;
    text_ += value;
  }

  std::string_view key() const { return std::string_view(text_).substr(0, ends_[0]); }
  RecordHeaders headers() const { return {part(1), part(2), part(3)}; }
  std::string_view value() const { return std::string_view(text_).substr(ends_.back()); }

  // Frees the memory; topic and timestamp stay.
  void free_text() {
    text_ = {};
    ends_ = {};
  }

  bool operator==(const OutputRecord&) const = default;

  schemas::TopicName topic;
  Timestamp timestamp;

 private:
  std::string_view part(size_t i) const {
    return std::string_view(text_).substr(ends_[i - 1], ends_[i] - ends_[i - 1]);
  }

  std::string text_;
  std::array<size_t, 4> ends_;  // of the key and of each header
};

}  // namespace wxpipe::processors
