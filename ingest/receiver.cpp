#include "ingest/receiver.hpp"

#include "schemas/fact_json.hpp"
#include "schemas/record_side.hpp"

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

void CallbackCounters::count_accepted(const std::string* account) {
  auto& counter = accepted_[account];
  if (counter == nullptr)
    counter = &metrics_.callbacks.Add({{"account", *account}, {"outcome", "accepted"}, {"reason", ""}});
  counter->Increment();
}

Receiver::Receiver(std::shared_ptr<const AccountBook> accounts, const config::IngestSettings& settings,
                   Receipts& receipts, DeadLetterLimit& dead_letter_limit, Refusals& refusals, Delivery& delivery,
                   telemetry::Metrics& metrics)
    : accounts_(std::move(accounts)),
      settings_(settings),
      receipts_(receipts),
      dead_letter_limit_(dead_letter_limit),
      refusals_(refusals),
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

Reply Receiver::refuse(Refusal refusal, const IpAddress& from, Timestamp at) {
  refusals_.add({{}, refusal, WrongPart::none, std::nullopt, from}, at, 0);
  return give_up({}, "refused", refusal);
}

Reply Receiver::refuse(const Callback& callback, std::string_view account, const Refused& refused) {
  refusals_.add(callback, account, refused);
  return give_up(account, "refused", refused.refusal);
}

Reply Receiver::give_up(std::string_view account, std::string_view outcome, Refusal refusal) {
  counters_.count(account, outcome, to_string(refusal));
  return reply_to(refusal);
}

asio::awaitable<Received> Receiver::receive(const Callback& callback, std::string_view traceparent) {
  Work work;
  if (auto answer = begin(callback, traceparent, work)) co_return Received{std::move(*answer)};
  const auto path = co_await make_durable(work.record, work.urgent);
  work.receipt->decide(path);
  if (work.dead_letter && path != DeliveryPath::nowhere)
    dead_letter_line_.say(1,
                          {to_string(*work.dead_letter), *work.account, schemas::trace_id_in(work.traceparent),
                           schemas::span_id_in(work.traceparent)},
                          std::chrono::steady_clock::now());
  work.record.clear();
  spare_.push_back(std::move(work.record));
  if (path == DeliveryPath::nowhere) {
    if (!work.first_signature.empty()) dead_letter_limit_.forget(*work.account, work.first_signature);
    co_return Received{give_up(*work.account, "failed", Refusal::not_durable)};
  }
  if (work.dead_letter) {
    const auto reason = to_string(*work.dead_letter);
    counters_.count(*work.account, "dead_letter", reason);
    metrics_.dead_letters.Add({{"stage", "ingest"}, {"reason", std::string(reason)}}).Increment();
  } else {
    counters_.count_accepted(work.account);
  }
  co_return std::move(work.answer);
}

std::optional<Reply> Receiver::begin(const Callback& callback, std::string_view traceparent, Work& work) {
  Interpretation interpretation = accounts_->interpret(callback);
  if (auto* refused = std::get_if<Refused>(&interpretation)) {
    const bool known = refused->refusal != Refusal::unknown_account;
    return refuse(callback, known ? callback.account : std::string_view{}, *refused);
  }
  if (auto* challenge = std::get_if<Challenge>(&interpretation)) {
    refusals_.add_verified(callback);
    counters_.count(callback.account, "challenge");
    return std::move(challenge->reply);
  }
  if (delivery_.in_flight() >= settings_.max_in_flight) return give_up(callback.account, "failed", Refusal::overloaded);
  if (auto* unreadable = std::get_if<Unreadable>(&interpretation)) {
    const auto admission = dead_letter_limit_.admit(callback.account, unreadable->letter.reason, unreadable->signature,
                                                    std::chrono::steady_clock::now());
    if (admission == DeadLetterLimit::Admission::refused)
      return refuse(callback, callback.account, {Refusal::too_many_dead_letters});
    if (admission == DeadLetterLimit::Admission::first) work.first_signature = std::move(unreadable->signature);
  }

  if (!spare_.empty()) {
    work.record = std::move(spare_.back());
    spare_.pop_back();
  }
  work.account = decisions_.name_of(callback.account);
  work.record.timestamp = callback.received_at;
  if (auto* accepted = std::get_if<Accepted>(&interpretation))
    fill(*accepted, traceparent, work);
  else
    fill(std::get<Unreadable>(interpretation), traceparent, work);
  return std::nullopt;
}

void Receiver::fill(Accepted& accepted, std::string_view traceparent, Work& work) {
  auto& event = accepted.event;
  auto& record = work.record;
  work.receipt.emplace(decisions_, Decision{receipts_.next(event.receipt), work.account, record.timestamp});
  trace_ids_.trace_id(traceparent, event.trace_id);
  record.topic = schemas::TopicName::events;
  record.key = schemas::partition_key(event);
  schemas::encode(event, schemas::kEventSchema, record.value);
  record.receipt = event.receipt;
  trace_ids_.traceparent(event.trace_id, record.traceparent);
  if (accepted.address_mismatch) metrics_.address_mismatches.Add({{"account", *work.account}}).Increment();
  work.answer = {std::move(accepted.reply), std::move(event.trace_id), std::move(event.receipt)};
  work.urgent = accepted.urgent;
}

void Receiver::fill(Unreadable& unreadable, std::string_view traceparent, Work& work) {
  auto& letter = unreadable.letter;
  auto& record = work.record;
  work.receipt.emplace(decisions_, Decision{receipts_.next(letter.receipt), work.account, record.timestamp});
  trace_ids_.trace_id(traceparent, letter.trace_id);
  record.topic = schemas::TopicName::dead_letters;
  record.key = letter.account;
  schemas::encode(letter, record.value);
  record.receipt = letter.receipt;
  trace_ids_.traceparent(letter.trace_id, record.traceparent);
  work.dead_letter = letter.reason;
  work.traceparent = record.traceparent;
  work.answer = {std::move(unreadable.reply), std::move(letter.trace_id), std::move(letter.receipt)};
  work.urgent = unreadable.urgent;
}

}  // namespace wxpipe::ingest
