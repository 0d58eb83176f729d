// What to do about a librdkafka error. The rule is librdkafka's own: ask whether the error is fatal, retriable or
// abortable, in this order; if it is none of them, it counts as fatal. Error codes differ between versions, these three
// questions don't.
#pragma once

#include <stdexcept>
#include <string>
#include <string_view>

#include "common/kafka/handles.hpp"

namespace wxpipe::kafka {

enum class ErrorClass {
  retriable,  // make the same call again, with the same arguments
  abortable,  // abort the transaction, go back to the committed offsets, start over
  fatal       // destroy the client and make a new one: a normal path, not a crash
};
ErrorClass classify(const rd_kafka_error_t* error);

// True for an error that passes with time: broker or coordinator away, leader moving, timed out, authentication not
// answering yet, a topic that isn't created yet.
bool heals_by_waiting(rd_kafka_resp_err_t code);

// The transaction can't commit, but the producer can go on: abort the transaction.
class TransactionAborted : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// "send_offsets: Local: Timed out (_TIMED_OUT)"
std::string describe(std::string_view call, rd_kafka_resp_err_t code, std::string_view detail = {});
std::string describe(std::string_view call, const rd_kafka_error_t* error);

// For calls outside of transactions. Throws Unavailable if waiting helps; else Fenced: the client can't be used any
// more.
[[noreturn]] void throw_error(std::string_view call, rd_kafka_resp_err_t code, std::string_view detail = {});
inline void throw_unless_ok(std::string_view call, rd_kafka_resp_err_t code) {
  if (code != RD_KAFKA_RESP_ERR_NO_ERROR) throw_error(call, code);
}

}  // namespace wxpipe::kafka
