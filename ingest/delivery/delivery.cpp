#include "ingest/delivery/delivery.hpp"

#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "common/runtime/fault_point.hpp"
#include "common/telemetry/log.hpp"

namespace wxpipe::ingest {
namespace asio = boost::asio;
using std::chrono::steady_clock;
namespace {
// Well above a healthy broker's p99, and leaves enough of a suite command's 800 ms for an fsync.
constexpr std::chrono::milliseconds kHedge{250};

// False for custody marks. Fault points are about callbacks only.
bool is_callback(const Outbound& record) { return record.topic != schemas::TopicName::custody; }
}  // namespace

Delivery::Delivery(asio::io_context& io, const config::KafkaSettings& settings, Spool* spool, const Hold* hold)
    : io_(io),
      settings_(settings),
      spool_(spool),
      hold_(hold),
      reports_(io) {
  make_producer();
}

Delivery::~Delivery() {
  shared_->alive = false;
  for (int left; (left = shared_->spooling) > 0;) shared_->spooling.wait(left);  // the spool reads our records
  reports_.release();                                                            // the producer owns the descriptor
  producer_.reset();                                                             // reports what it still had
}

void Delivery::make_producer() {
  if (producer_) reports_.release();
  if (hold_ != nullptr) holds_seen_ = hold_->ended();
  producer_.reset();  // reports what it had as failed: the spool takes it, or the platform sends it again
  producer_ = std::make_unique<Producer>(
      settings_, [this](void* opaque, rd_kafka_resp_err_t error) { reported(*static_cast<Pending*>(opaque), error); });
  reports_.assign(producer_->event_fd());
  wait_for_reports();
}

void Delivery::wait_for_reports() {
  reports_.async_wait(asio::posix::descriptor_base::wait_read,
                      [this, shared = shared_](const boost::system::error_code& error) {
                        if (error || !shared->alive) return;
                        producer_->poll();
                        if (producer_->broken()) {
                          telemetry::log_warn("producer_replaced", {{"why", producer_->why_broken()}});
                          make_producer();
                        } else {
                          wait_for_reports();
                        }
                      });
}

Delivery::Pending& Delivery::acquire(Outbound& record) {
  if (free_.empty()) free_.push_back(all_.emplace_back(std::make_unique<Pending>(io_)).get());
  Pending& pending = *free_.back();
  free_.pop_back();
  std::swap(pending.record, record);
  pending.in_broker = pending.acknowledged = pending.in_spool = pending.spooled = pending.spool_refused = false;
  pending.spool_id.reset();
  pending.users = 1;
  return pending;
}

void Delivery::release(Pending& pending) {
  if (--pending.users > 0) return;
  pending.record.clear();
  free_.push_back(&pending);
}

bool Delivery::broker_away() const {
  return !sent_.empty() && steady_clock::now() - sent_.front()->produced_at > kHedge;
}

void Delivery::produce(Pending& pending) {
  if (producer_->produce(pending.record, &pending) != RD_KAFKA_RESP_ERR_NO_ERROR) return;
  pending.in_broker = true;
  pending.produced_at = steady_clock::now();
  // Two users: the producer until its report, and the list of what was sent.
  pending.users += 2;
  sent_.push_back(&pending);
  ++in_flight_;
  if (is_callback(pending.record)) WXPIPE_FAULT_POINT(ingest_after_produce);
}

void Delivery::reported(Pending& pending, rd_kafka_resp_err_t error) {
  pending.in_broker = false;
  pending.acknowledged = error == RD_KAFKA_RESP_ERR_NO_ERROR;
  --in_flight_;
  while (!sent_.empty() && !sent_.front()->in_broker) {
    Pending& first = *sent_.front();
    sent_.pop_front();
    release(first);
  }
  if (pending.acknowledged) {
    show_broker(false);
    forget_spooled(pending);
  } else {
    telemetry::log_debug("event_not_taken", {{"receipt", pending.record.receipt}, {"why", rd_kafka_err2str(error)}});
  }
  pending.signal.cancel();
  release(pending);
}

void Delivery::spool(Pending& pending) {
  pending.in_spool = true;
  ++pending.users;
  ++shared_->spooling;
  spool_->put(pending.record, [this, shared = shared_, &pending](std::optional<int64_t> id) {
    asio::post(io_, [this, shared, &pending, id] {
      if (shared->alive) stored(pending, id);
    });
    --shared->spooling;
    shared->spooling.notify_all();
  });
}

void Delivery::stored(Pending& pending, std::optional<int64_t> id) {
  pending.in_spool = false;
  pending.spool_id = id;
  pending.spooled = id.has_value();
  pending.spool_refused = !id;
  if (pending.acknowledged) forget_spooled(pending);
  pending.signal.cancel();
  release(pending);
}

// The broker has it as well, so the drainer need not send it.
void Delivery::forget_spooled(Pending& pending) {
  if (pending.spool_id) spool_->remove({*pending.spool_id});
  pending.spool_id.reset();
}

// After a hold the topic may have more partitions than the producer knows: a new one asks first.
bool Delivery::held(const Outbound& record, Deadline now) {
  if (hold_ == nullptr || record.topic != schemas::TopicName::events) return false;
  if (hold_->on(now)) return true;
  if (hold_->ended() != holds_seen_) make_producer();
  return false;
}

void Delivery::show_broker(bool away) {
  if (away == away_shown_) return;
  away_shown_ = away;
  if (away)
    telemetry::log_warn("broker_slow",
                        {{"after_ms", kHedge.count()}, {"events_go_to", spool_ ? "the spool" : "nowhere"}});
  else
    telemetry::log_info("broker_back");
}

asio::awaitable<DeliveryPath> Delivery::deliver(Outbound& record, Deadline deadline) {
  const auto begun = steady_clock::now();
  const bool is_held = held(record, begun);
  Pending& pending = acquire(record);
  if (spool_ != nullptr &&
      (is_held || broker_away() || (spool_->events() > 0 && spool_->holds(key_hash(pending.record)))))
    spool(pending);
  else
    produce(pending);

  const auto hedge_at = begun + kHedge;
  auto path = DeliveryPath::nowhere;
  for (;;) {
    if (pending.acknowledged) {
      path = DeliveryPath::broker;
      break;
    }
    if (pending.spooled) {
      path = DeliveryPath::spool;
      break;
    }
    const auto now = steady_clock::now();
    if (now >= deadline) break;
    const bool may_spool = spool_ != nullptr && !pending.in_spool && !pending.spool_refused;
    if (may_spool && (!pending.in_broker || now >= hedge_at)) {
      if (pending.in_broker) show_broker(true);
      spool(pending);
      continue;
    }
    if (!pending.in_broker && !pending.in_spool) break;  // both refused
    boost::system::error_code ignored;
    pending.signal.expires_at(may_spool ? std::min(deadline, hedge_at) : deadline);
    co_await pending.signal.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
  }
  if (path == DeliveryPath::nowhere) show_broker(true);
  const bool answers = path != DeliveryPath::nowhere && is_callback(pending.record);
  release(pending);
  if (answers) WXPIPE_FAULT_POINT(ingest_before_reply);
  co_return path;
}

}  // namespace wxpipe::ingest
