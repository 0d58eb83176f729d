// Rows of events that have no time of the platform's: the first delivery's arrival stands for it, and a later delivery
// takes it from wxpipe.timeless_ids, so that it meets its own row. Part of the batch's transaction.
#pragma once

#include <chrono>

#include "common/postgres/connection.hpp"
#include "sinks/sink.hpp"

namespace wxpipe::sinks {

// Remembers the sink's timeless rows and sets their occurred_at to that of the first delivery, if that was less than
// `window` before or after. Without timeless rows it does nothing.
void settle_timeless_rows(Sink& sink, postgres::Transaction& transaction, std::chrono::seconds window);

// Forgets what no delivery within the window can ask for any more. Answers how many.
int64_t forget_timeless_ids(postgres::Connection& connection, std::chrono::seconds window);

}  // namespace wxpipe::sinks
