// What a librdkafka error asks us to do. librdkafka's own rule: ask whether it is fatal, retriable or abortable, in
// that order; what answers to none of the three is fatal (reasons differ between versions, the three questions don't).
#pragma once

#include <stdexcept>
#include <string>
#include <string_view>

#include "common/kafka/handles.hpp"

namespace wxpipe::kafka {

enum class ErrorClass {
  retriable,  // the same call again, with the same arguments
  abortable,  // abort the transaction, go back to the committed offsets, start over
  fatal       // destroy the client and make a new one: a normal path, not a crash
};
ErrorClass classify(const rd_kafka_error_t* error);

// A code that time heals (broker or coordinator away, leader moving, timed out, authentication not answering yet, a
// topic that is still to be created) against one that it doesn't.
bool heals_by_waiting(rd_kafka_resp_err_t code);

// The transaction can't commit, but its producer can go on: abort it.
class TransactionAborted : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// "send_offsets: Local: Timed out (_TIMED_OUT)"
std::string describe(std::string_view call, rd_kafka_resp_err_t code, std::string_view detail = {});
std::string describe(std::string_view call, const rd_kafka_error_t* error);

// Outside of transactions: Unavailable where waiting heals, else Fenced: the client is of no more use.
[[noreturn]] void throw_error(std::string_view call, rd_kafka_resp_err_t code, std::string_view detail = {});
inline void throw_unless_ok(std::string_view call, rd_kafka_resp_err_t code) {
  if (code != RD_KAFKA_RESP_ERR_NO_ERROR) throw_error(call, code);
}

}  // namespace wxpipe::kafka
