#include "ingest/receiver.hpp"

#include "common/telemetry/log.hpp"
#include "schemas/dead_letter.hpp"
#include "schemas/event.hpp"

namespace wxpipe::ingest {
namespace asio = boost::asio;

void CallbackCounters::count(std::string_view account, std::string_view outcome, std::string_view reason) {
  name_.assign(account);
  name_ += '\0';
  name_ += outcome;
  name_ += '\0';
  name_ += reason;
  auto found = counters_.find(name_);
  if (found == counters_.end())
    found = counters_
                .emplace(name_, &metrics_.callbacks.Add({{"account", std::string(account)},
                                                         {"outcome", std::string(outcome)},
                                                         {"reason", std::string(reason)}}))
                .first;
  found->second->Increment();
}

Receiver::Receiver(const AccountBook& accounts, const config::IngestSettings& settings, Receipts& receipts,
                   Delivery& delivery, telemetry::Metrics& metrics)
    : accounts_(accounts),
      settings_(settings),
      receipts_(receipts),
      delivery_(delivery),
      metrics_(metrics),
      counters_(metrics),
      by_broker_(&metrics.deliveries.Add({{"path", "broker"}})),
      by_spool_(&metrics.deliveries.Add({{"path", "spool"}})),
      by_nobody_(&metrics.deliveries.Add({{"path", "nowhere"}})) {}

asio::awaitable<DeliveryPath> Receiver::make_durable(Outbound& record, bool urgent) {
  const auto budget = urgent ? settings_.command_ack_budget : settings_.ack_budget;
  const auto path = co_await delivery_.deliver(record, std::chrono::steady_clock::now() + budget);
  (path == DeliveryPath::broker ? by_broker_ : path == DeliveryPath::spool ? by_spool_ : by_nobody_)->Increment();
  co_return path;
}

Reply Receiver::failed(std::string_view account, Refusal refusal) {
  counters_.count(account, "failed", to_string(refusal));
  return {503, std::string(to_string(refusal))};
}

asio::awaitable<Reply> Receiver::receive(const Callback& callback, std::string_view traceparent) {
  Interpretation interpretation = accounts_.interpret(callback);
  if (auto* refused = std::get_if<Refused>(&interpretation)) {
    const bool known = refused->refusal != Refusal::unknown_account;
    counters_.count(known ? callback.account : std::string_view{}, "refused", to_string(refused->refusal));
    Reply reply{refused->status, std::string(to_string(refused->refusal))};
    co_return reply;
  }
  if (auto* challenge = std::get_if<Challenge>(&interpretation)) {
    counters_.count(callback.account, "challenge");
    co_return std::move(challenge->reply);
  }
  if (delivery_.in_flight() >= settings_.max_in_flight) co_return failed(callback.account, Refusal::overloaded);

  Outbound record;
  if (!spare_.empty()) {
    record = std::move(spare_.back());
    spare_.pop_back();
  }
  record.timestamp = callback.received_at;
  Reply reply;
  bool urgent = false;
  Reason reason{};
  std::optional<OpenReceipt> receipt;
  const auto open = [&](std::string& out) {
    receipt.emplace(decisions_, Decision{receipts_.next(out), decisions_.name_of(callback.account), callback.received_at});
  };
  const bool readable = std::holds_alternative<Accepted>(interpretation);
  if (readable) {
    auto& accepted = std::get<Accepted>(interpretation);
    auto& event = accepted.event;
    open(event.receipt);
    trace_ids_.trace_id(traceparent, event.trace_id);
    record.topic = schemas::TopicName::events;
    record.key = schemas::partition_key(event);
    schemas::encode(event, schemas::kEventSchema, record.value);
    append_uuid(record.event_id, event.id);
    record.receipt = event.receipt;
    trace_ids_.traceparent(event.trace_id, record.traceparent);
    if (accepted.address_mismatch)
      metrics_.address_mismatches.Add({{"account", std::string(callback.account)}}).Increment();
    reply = std::move(accepted.reply);
    urgent = accepted.urgent;
  } else {
    auto& unreadable = std::get<Unreadable>(interpretation);
    auto& letter = unreadable.letter;
    open(letter.receipt);
    trace_ids_.trace_id(traceparent, letter.trace_id);
    record.topic = schemas::TopicName::dead_letters;
    record.key = letter.account;
    schemas::encode(letter, record.value);
    record.receipt = letter.receipt;
    trace_ids_.traceparent(letter.trace_id, record.traceparent);
    reason = letter.reason;
    reply = std::move(unreadable.reply);
    urgent = unreadable.urgent;
  }

  const auto path = co_await make_durable(record, urgent);
  receipt->decide(path);
  record.clear();
  spare_.push_back(std::move(record));
  if (path == DeliveryPath::nowhere) co_return failed(callback.account, Refusal::not_durable);
  if (readable) {
    counters_.count(callback.account, "accepted");
  } else {
    counters_.count(callback.account, "dead_letter", to_string(reason));
    metrics_.dead_letters.Add({{"stage", "ingest"}, {"reason", std::string(to_string(reason))}}).Increment();
  }
  co_return reply;
}

}  // namespace wxpipe::ingest
