// Calls of a transactional producer into librdkafka, made again while their error is retriable. Throws what error.hpp
// and transactional_producer.hpp say. Answers why the producer has to be renewed before its next transaction, if it has
// to (docs/decisions/0015-producers-are-renewed.md).
#pragma once

#include <algorithm>
#include <array>
#include <chrono>
#include <optional>
#include <string_view>

#include "common/kafka/error.hpp"
#include "common/result.hpp"

namespace wxpipe::kafka {

// The first that holds is told.
enum class Renewal {
  aborted,          // the transaction before was
  connection_lost,  // a connection of it ended, as it does when a request times out: librdkafka repeats the request
  retried,          // one of its calls was to be repeated
  slow              // one of its calls took as long as socket.timeout.ms
};
inline constexpr std::array kRenewals{Renewal::aborted, Renewal::connection_lost, Renewal::retried, Renewal::slow};
std::string_view to_string(Renewal why);

// call: gets the milliseconds that it may take, answers an Error.
template <class Call>
std::optional<Renewal> repeat(rd_kafka_t* client, const char* name, std::chrono::milliseconds patience,
                              std::chrono::milliseconds socket_timeout, Call&& call) {
  using std::chrono::milliseconds, std::chrono::steady_clock;
  const auto started = steady_clock::now();
  const auto deadline = started + patience;
  for (bool again = false;; again = true) {
    const auto left = std::chrono::duration_cast<milliseconds>(deadline - steady_clock::now()).count();
    const Error error{call(static_cast<int>(std::max<long long>(1, left)))};
    if (!error) {
      if (again) return Renewal::retried;
      return steady_clock::now() - started >= socket_timeout ? std::optional(Renewal::slow) : std::nullopt;
    }
    const auto what = describe(name, error.get());
    switch (classify(error.get())) {
      case ErrorClass::fatal:
        throw Fenced(what);
      case ErrorClass::abortable:
        throw TransactionAborted(what);
      case ErrorClass::retriable:
        break;
    }
    if (steady_clock::now() >= deadline) throw Unavailable(what);
    rd_kafka_poll(client, 20);  // handles delivery reports; slows down repeated errors
  }
}

}  // namespace wxpipe::kafka
