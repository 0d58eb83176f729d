// W3C trace context: ids that follow a callback through the pipeline. Continues the sender's header if there is one.
#pragma once

#include <cstdint>
#include <random>
#include <string>
#include <string_view>

#include "schemas/record_side.hpp"

namespace wxpipe::ingest {

// Not thread-safe: one per io thread. Trace ids must be unlikely to collide; they needn't be hard to guess.
class TraceIds {
 public:
  TraceIds() {
    std::random_device device;
    for (auto& word : state_) word = (uint64_t{device()} << 32) | device();
  }

  // 32 lower-case hex digits: the header's trace id, or a new one if the header is missing or invalid.
  void trace_id(std::string_view traceparent, std::string& out) {
    out.clear();
    if (const auto id = schemas::trace_id_in(traceparent); !id.empty()) {
      out = id;
      return;
    }
    append_hex(out, next());
    append_hex(out, next());
  }

  // "00-<trace id>-<a new span id>-01"
  void traceparent(std::string_view trace_id, std::string& out) {
    out.assign("00-");
    out += trace_id;
    out += '-';
    append_hex(out, next() | 1);
    out += "-01";
  }

 private:
  static void append_hex(std::string& out, uint64_t value) {
    char digits[16];
    for (int i = 15; i >= 0; --i, value >>= 4) digits[i] = "0123456789abcdef"[value & 15];
    out.append(digits, sizeof digits);
  }

  // xorshift128+ (Vigna 2014).
  uint64_t next() {
    uint64_t a = state_[0];
    const uint64_t b = state_[1];
    state_[0] = b;
    a ^= a << 23;
    state_[1] = a ^ b ^ (a >> 17) ^ (b >> 26);
    return state_[1] + b;
  }

  uint64_t state_[2];
};

}  // namespace wxpipe::ingest
