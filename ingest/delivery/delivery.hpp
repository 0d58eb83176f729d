// Makes a callback durable: in the broker (acks=all) or in the spool (fsync), whichever is first, within the caller's
// deadline (docs/guarantees.md law 1). One per io thread, with its own producer; everything runs on that thread.
//
// If the spool keeps copies, every event is in the spool before it counts as durable, and the broker has it as well
// unless it is away.
//
// An event goes to the broker first. If no report comes within a short delay, it goes to the spool as well. Events go
// to the spool alone while the broker is away (its oldest report is overdue), or while earlier events of the same key
// wait in the spool, or while events are held (hold.hpp): this keeps each key's order. An event that went both ways is
// still one event: same bytes, same id, same receipt.
#pragma once

#include <atomic>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <deque>
#include <memory>
#include <optional>
#include <vector>

#include "common/config/settings.hpp"
#include "ingest/delivery/hold.hpp"
#include "ingest/delivery/outbound.hpp"
#include "ingest/delivery/producer.hpp"
#include "ingest/delivery/spool.hpp"

namespace wxpipe::ingest {

class Delivery {
 public:
  using Deadline = std::chrono::steady_clock::time_point;

  // spool and hold: null if there is none. Everything is borrowed. Throws UsageError for invalid Kafka properties.
  Delivery(boost::asio::io_context& io, const config::KafkaSettings& settings, Spool* spool, const Hold* hold);
  // Purges what still waits for a report. Destroy only after the last deliver has ended.
  ~Delivery();
  Delivery(const Delivery&) = delete;
  Delivery& operator=(const Delivery&) = delete;

  // Swaps out the record's contents and leaves memory that can be used again. Returns by the deadline at the latest.
  boost::asio::awaitable<DeliveryPath> deliver(Outbound& record, Deadline deadline);

  // Events that wait for the broker's report.
  size_t in_flight() const { return in_flight_; }
  // Whether the broker's oldest report is overdue.
  bool broker_away() const;

 private:
  // One event on its way. It comes from a pool, and goes back when broker, spool and callback are all done with it.
  struct Pending {
    explicit Pending(boost::asio::io_context& io) : signal(io) {}
    Outbound record;
    boost::asio::steady_timer signal;
    Deadline produced_at;
    int users = 0;
    bool in_broker = false, acknowledged = false;
    bool in_spool = false, spooled = false, spool_refused = false;
    bool row_holds = false;  // its key: it went to the spool instead of the broker
    bool holds = false;      // its key, until its row in the spool does
    std::optional<int64_t> spool_id;
  };

  Pending& acquire(Outbound& record);
  void release(Pending& pending);
  void produce(Pending& pending);
  void spool(Pending& pending, Spool::Row row);
  std::optional<DeliveryPath> durable(const Pending& pending, bool late) const;
  void hold(Pending& pending);
  void settle_hold(Pending& pending);
  void reported(Pending& pending, rd_kafka_resp_err_t error);
  void stored(Pending& pending, std::optional<int64_t> id);
  void forget_spooled(Pending& pending);
  void make_producer();
  bool held(const Outbound& record, Deadline now);
  void wait_for_reports();
  void show_broker(bool away);

  boost::asio::io_context& io_;
  const config::KafkaSettings& settings_;
  Spool* spool_;
  const bool copies_;  // every event goes to the spool as well
  const Hold* hold_;
  uint64_t holds_seen_ = 0;  // hold_->ended() when the producer was made
  std::vector<std::unique_ptr<Pending>> all_;
  std::vector<Pending*> free_;
  std::deque<Pending*>
      sent_;  // in the order of sending; entries already reported are dropped when they reach the front
  size_t in_flight_ = 0;
  std::unique_ptr<Producer> producer_;
  boost::asio::posix::stream_descriptor reports_;
  bool away_shown_ = false;
  // Shared with the spool's thread. A function posted after we are gone must see that; and we wait until the spool has
  // read our records.
  struct Shared {
    bool alive = true;  // only read on the io thread
    std::atomic<int> spooling{0};
  };
  std::shared_ptr<Shared> shared_ = std::make_shared<Shared>();
};

}  // namespace wxpipe::ingest
