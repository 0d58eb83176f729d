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
      copies_(spool != nullptr && spool->keeps_copies()),
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
  pending.row_holds = pending.holds = false;
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
    settle_hold(pending);
  } else {
    telemetry::log_debug("event_not_taken", {{"receipt", pending.record.receipt}, {"why", rd_kafka_err2str(error)}});
  }
  pending.signal.cancel();
  release(pending);
}

void Delivery::spool(Pending& pending, Spool::Row row) {
  pending.in_spool = true;
  pending.row_holds = row != Spool::Row::copy;
  ++pending.users;
  ++shared_->spooling;
  spool_->put(
      pending.record,
      [this, shared = shared_, &pending](std::optional<int64_t> id) {
        asio::post(io_, [this, shared, &pending, id] {
          if (shared->alive) stored(pending, id);
        });
        --shared->spooling;
        shared->spooling.notify_all();
      },
      row);
}

void Delivery::stored(Pending& pending, std::optional<int64_t> id) {
  pending.in_spool = false;
  pending.spool_id = id;
  pending.spooled = id.has_value();
  pending.spool_refused = !id;
  settle_hold(pending);
  if (pending.acknowledged) forget_spooled(pending);
  pending.signal.cancel();
  release(pending);
}

// The broker has it as well, so the drainer need not send it.
void Delivery::forget_spooled(Pending& pending) {
  if (pending.spool_id) spool_->delivered({*pending.spool_id});
  pending.spool_id.reset();
}

// A copy that the broker doesn't have in time: from now on it is an event that waits, and its key with it.
void Delivery::hold(Pending& pending) {
  if (!copies_ || pending.holds || pending.row_holds || pending.acknowledged || pending.spool_refused) return;
  pending.holds = true;
  spool_->hold(key_hash(pending.record));
  settle_hold(pending);
}

// The spool's row takes the hold over as soon as there is one. If the broker has the event, there is nothing to hold.
void Delivery::settle_hold(Pending& pending) {
  if (!pending.holds || (pending.in_spool && !pending.acknowledged)) return;
  pending.holds = false;
  const auto key = key_hash(pending.record);
  if (pending.spool_id && !pending.acknowledged)
    spool_->hand_over(*pending.spool_id, key);
  else
    spool_->unhold(key);
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

// late: the broker has had its time. Nothing: not yet.
std::optional<DeliveryPath> Delivery::durable(const Pending& pending, bool late) const {
  if (copies_ && !pending.spooled) return std::nullopt;
  if (pending.acknowledged) return DeliveryPath::broker;
  if (pending.spooled && (!copies_ || late || !pending.in_broker)) return DeliveryPath::spool;
  return std::nullopt;
}

asio::awaitable<DeliveryPath> Delivery::deliver(Outbound& record, Deadline deadline) {
  const auto begun = steady_clock::now();
  const bool is_held = held(record, begun);
  Pending& pending = acquire(record);
  if (spool_ != nullptr && broker_away()) {
    spool(pending, Spool::Row::late);
  } else if (spool_ != nullptr && (is_held || (spool_->holding() > 0 && spool_->holds(key_hash(pending.record))))) {
    spool(pending, Spool::Row::alone);
  } else {
    produce(pending);
    if (copies_) spool(pending, pending.in_broker ? Spool::Row::copy : Spool::Row::late);
  }

  const auto hedge_at = begun + kHedge;
  auto path = DeliveryPath::nowhere;
  for (;;) {
    const auto now = steady_clock::now();
    const bool late = now >= hedge_at;
    if (const auto found = durable(pending, late)) {
      path = *found;
      break;
    }
    if (now >= deadline || (copies_ && pending.spool_refused)) break;
    const bool may_spool = spool_ != nullptr && !pending.in_spool && !pending.spooled && !pending.spool_refused;
    if (may_spool && (!pending.in_broker || late)) {
      if (pending.in_broker) show_broker(true);
      spool(pending, Spool::Row::late);
      continue;
    }
    if (!pending.in_broker && !pending.in_spool) break;  // both refused
    boost::system::error_code ignored;
    pending.signal.expires_at(late ? deadline : std::min(deadline, hedge_at));
    co_await pending.signal.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
  }
  if (path != DeliveryPath::broker) hold(pending);
  const bool slow = copies_ ? pending.in_broker && steady_clock::now() >= hedge_at : path == DeliveryPath::nowhere;
  if (slow) show_broker(true);
  const bool answers = path != DeliveryPath::nowhere && is_callback(pending.record);
  release(pending);
  if (answers) WXPIPE_FAULT_POINT(ingest_before_reply);
  co_return path;
}

}  // namespace wxpipe::ingest
