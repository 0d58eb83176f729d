// A record that `process` writes. Key, header and value are in one piece of memory: there are several records for each
// event, and allocating each part costs more than copying it.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "common/clock.hpp"
#include "schemas/topics.hpp"

namespace wxpipe::processors {

class OutputRecord {
 public:
  // traceparent: the header; empty: none.
  OutputRecord(schemas::TopicName on, std::string_view key, std::string_view traceparent, std::string_view value,
               Timestamp at)
      : topic(on),
        timestamp(at),
        key_end_(key.size()),
        header_end_(key.size() + traceparent.size()) {
    text_.reserve(header_end_ + value.size());
    text_.append(key).append(traceparent).append(value);
  }

  std::string_view key() const { return std::string_view(text_).substr(0, key_end_); }
  std::string_view traceparent() const { return std::string_view(text_).substr(key_end_, header_end_ - key_end_); }
  std::string_view value() const { return std::string_view(text_).substr(header_end_); }

  // Frees the memory; topic and timestamp stay.
  void free_text() {
    text_ = {};
    key_end_ = header_end_ = 0;
  }

  bool operator==(const OutputRecord&) const = default;

  schemas::TopicName topic;
  Timestamp timestamp;

 private:
  std::string text_;
  size_t key_end_, header_end_;
};

}  // namespace wxpipe::processors
