// For events without a platform time. Their time is the arrival of the first delivery. wxpipe.timeless_ids remembers
// it, and a later delivery takes it from there, so it finds its own row. Part of the batch's transaction.
#pragma once

#include <chrono>

#include "common/postgres/connection.hpp"
#include "sinks/sink.hpp"

namespace wxpipe::sinks {

// Remembers the sink's timeless rows. Sets their occurred_at to that of the first delivery, if the two are less than
// `window` apart. Without timeless rows it does nothing.
void settle_timeless_rows(Sink& sink, postgres::Transaction& transaction, std::chrono::seconds window);

// Deletes ids that no delivery within the window can need any more, nor a replay of one from a topic. Returns how many.
int64_t forget_timeless_ids(postgres::Connection& connection, std::chrono::seconds window);

}  // namespace wxpipe::sinks
