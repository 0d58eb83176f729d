// Writes the process's custody marks. Once a second it fetches the decisions of all io threads and makes them durable
// the same way as events: by broker or spool (docs/decisions/0004-custody-marks.md). A mark that can't be made durable
// is tried again unchanged; later decisions wait behind it.
//
// Runs on one of the io threads and uses that thread's delivery. What it borrows must outlive it. Destroy it before the
// io contexts.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <future>
#include <optional>
#include <vector>

#include "common/clock.hpp"
#include "ingest/custody/mark_builder.hpp"
#include "ingest/delivery/delivery.hpp"
#include "ingest/receipts.hpp"

namespace wxpipe::ingest {

class Custodian {
 public:
  struct Thread {
    boost::asio::io_context& io;
    Decisions& decisions;
  };

  // spool: null without one. threads: all that give receipts.
  Custodian(boost::asio::io_context& io, Delivery& delivery, Spool* spool, std::vector<Thread> threads,
            const Receipts& receipts, const Clock& clock);

  // Call before the io thread runs, or on it.
  void start();
  // Call from another thread, while the io threads run but take no more callbacks. Makes receipts that are still open
  // void and writes the last mark. False: that mark didn't become durable in time, so the last receipts stay in doubt.
  bool finish(std::chrono::milliseconds patience);

 private:
  boost::asio::awaitable<void> run();
  boost::asio::awaitable<void> gather();
  boost::asio::awaitable<bool> say(bool ending);
  std::optional<int64_t> spool_events() const;

  boost::asio::io_context& io_;
  Delivery& delivery_;
  Spool* spool_;
  const std::vector<Thread> threads_;
  const Receipts& receipts_;
  const Clock& clock_;
  MarkBuilder builder_;
  std::optional<schemas::CustodyMark> unsaid_;
  bool waiting_shown_ = false;

  boost::asio::steady_timer tick_, gathered_;
  size_t open_ = 0;  // threads whose decisions haven't arrived yet
  std::vector<std::vector<Decision>> spare_;
  bool finishing_ = false;
  std::promise<void> finished_;
};

}  // namespace wxpipe::ingest
