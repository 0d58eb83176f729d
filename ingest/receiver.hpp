// From a callback to its answer: interpret it, number it, make it durable, answer. Knows no HTTP library and no
// sockets. One per io thread; used on that thread only. What it borrows must outlive it.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "common/config/settings.hpp"
#include "common/telemetry/dead_letter_line.hpp"
#include "common/telemetry/metrics.hpp"
#include "ingest/custody/decisions.hpp"
#include "ingest/dead_letter_limit.hpp"
#include "ingest/delivery/delivery.hpp"
#include "ingest/platforms.hpp"
#include "ingest/receipts.hpp"
#include "ingest/refusals.hpp"
#include "ingest/trace_context.hpp"

namespace wxpipe::ingest {

// Counts what became of callbacks: wxpipe_callbacks_total.
class CallbackCounters {
 public:
  explicit CallbackCounters(telemetry::Metrics& metrics) : metrics_(metrics) {}
  // account: one from the configuration, or empty if unknown (labels come from closed sets).
  void count(std::string_view account, std::string_view outcome, std::string_view reason = {});
  // The same for the most common outcome, but faster. `account` must be the same pointer every time.
  void count_accepted(const std::string* account);

 private:
  telemetry::Metrics& metrics_;
  std::unordered_map<std::string, prometheus::Counter*> counters_;
  std::unordered_map<const std::string*, prometheus::Counter*> accepted_;
  std::string name_;
};

// The answer to a callback, and under what it was kept; empty: it wasn't.
struct Received {
  Reply reply;
  std::string trace_id{}, receipt{};
};

class Receiver {
 public:
  Receiver(std::shared_ptr<const AccountBook> accounts, const config::IngestSettings& settings, Receipts& receipts,
           DeadLetterLimit& dead_letter_limit, Refusals& refusals, Delivery& delivery, telemetry::Metrics& metrics);

  // traceparent: the request's header, or empty. Answers within the time that the account's kind allows. Reads callback
  // and traceparent only before its first wait; they may go away after that.
  boost::asio::awaitable<Received> receive(const Callback& callback, std::string_view traceparent);

  // From now on these accounts. On the io thread, so no callback is being interpreted: what waits for durability has
  // nothing of the old ones.
  void use(std::shared_ptr<const AccountBook> accounts) { accounts_ = std::move(accounts); }

  // What was answered, by receipt. Use on the same thread.
  Decisions& decisions() { return decisions_; }

  // For what the server refuses before there is a callback (limits, syntax, paths): counts it and gives the answer.
  Reply refuse(Refusal refusal, const IpAddress& from, Timestamp at);

 private:
  // A callback on its way. Holds no views into the request.
  struct Work {
    const std::string* account = nullptr;
    Outbound record;
    std::optional<OpenReceipt> receipt;
    Received answer;
    bool urgent = false;
    std::optional<Reason> dead_letter;
    std::string first_signature;  // of a dead letter that is the first under it
    std::string traceparent;      // of a dead letter: the spool may have taken the record
  };

  // Fills `work` with what is to be made durable; or returns an answer if there is nothing to store.
  std::optional<Reply> begin(const Callback& callback, std::string_view traceparent, Work& work);
  void fill(Accepted& accepted, std::string_view traceparent, Work& work);
  void fill(Unreadable& unreadable, std::string_view traceparent, Work& work);
  boost::asio::awaitable<DeliveryPath> make_durable(Outbound& record, bool urgent);
  Reply refuse(const Callback& callback, std::string_view account, const Refused& refused);
  Reply give_up(std::string_view account, std::string_view outcome, Refusal refusal);

  std::shared_ptr<const AccountBook> accounts_;
  const config::IngestSettings& settings_;
  Receipts& receipts_;
  Decisions decisions_;
  DeadLetterLimit& dead_letter_limit_;
  Refusals& refusals_;
  Delivery& delivery_;
  telemetry::Metrics& metrics_;
  CallbackCounters counters_;
  prometheus::Counter *by_broker_, *by_spool_, *by_nobody_;
  telemetry::DeadLetterLine dead_letter_line_{"ingest"};
  TraceIds trace_ids_;
  std::vector<Outbound> spare_;  // records kept for their memory
};

}  // namespace wxpipe::ingest
