// From a callback to its answer: interpret it, number it, make it durable, answer. Knows no HTTP library and no
// sockets. One per io thread, on that thread; what it borrows outlives it.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "common/config/settings.hpp"
#include "common/telemetry/metrics.hpp"
#include "ingest/custody/decisions.hpp"
#include "ingest/delivery/delivery.hpp"
#include "ingest/platforms.hpp"
#include "ingest/receipts.hpp"
#include "ingest/trace_context.hpp"

namespace wxpipe::ingest {

// What became of a callback, as wxpipe_callbacks_total counts it.
class CallbackCounters {
 public:
  explicit CallbackCounters(telemetry::Metrics& metrics) : metrics_(metrics) {}
  // account: one from the configuration, or empty where it is unknown (labels come from closed sets).
  void count(std::string_view account, std::string_view outcome, std::string_view reason = {});
  // What nearly every callback of the account ends as; `account` is the same pointer every time.
  void count_accepted(const std::string* account);

 private:
  telemetry::Metrics& metrics_;
  std::unordered_map<std::string, prometheus::Counter*> counters_;
  std::unordered_map<const std::string*, prometheus::Counter*> accepted_;
  std::string name_;
};

class Receiver {
 public:
  Receiver(const AccountBook& accounts, const config::IngestSettings& settings, Receipts& receipts, Delivery& delivery,
           telemetry::Metrics& metrics);

  // traceparent: the request's header, or empty. Answers within the account kind's budget. What the callback and
  // traceparent point to is looked at before the first wait only.
  boost::asio::awaitable<Reply> receive(const Callback& callback, std::string_view traceparent);

  // What was answered, by receipt. On the same thread.
  Decisions& decisions() { return decisions_; }

  // Counts what the server refused before there was a callback (limits, syntax, paths).
  void refused(Refusal refusal) { counters_.count({}, "refused", to_string(refusal)); }

 private:
  // A callback on its way. Nothing in it points into the request.
  struct Work {
    const std::string* account = nullptr;
    Outbound record;
    std::optional<OpenReceipt> receipt;
    Reply reply;
    bool urgent = false;
    std::optional<Reason> dead_letter;
  };

  // What is to be made durable, or an answer that needs nothing of the sort.
  std::optional<Reply> begin(const Callback& callback, std::string_view traceparent, Work& work);
  void fill(Accepted& accepted, std::string_view traceparent, Work& work);
  void fill(Unreadable& unreadable, std::string_view traceparent, Work& work);
  boost::asio::awaitable<DeliveryPath> make_durable(Outbound& record, bool urgent);
  Reply failed(std::string_view account, Refusal refusal);

  const AccountBook& accounts_;
  const config::IngestSettings& settings_;
  Receipts& receipts_;
  Decisions decisions_;
  Delivery& delivery_;
  telemetry::Metrics& metrics_;
  CallbackCounters counters_;
  prometheus::Counter *by_broker_, *by_spool_, *by_nobody_;
  TraceIds trace_ids_;
  std::vector<Outbound> spare_;  // records whose memory is used again
};

}  // namespace wxpipe::ingest
