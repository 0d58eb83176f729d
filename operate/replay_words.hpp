// What a replay was asked for, in words: "into=schema:try from=2h where=account=shop". wxpipe.replays and audit_logs
// keep them, --resume finds its place by them, and trace reads the filter in them. Pure; any thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "operate/event_filter.hpp"
#include "operate/replay_request.hpp"

namespace wxpipe::operate {

std::string words_of(const ReplayRequest& request);

// "schema:try" of such words, and what follows it.
struct IntoAndRest {
  std::string_view into, rest;
};
IntoAndRest into_and_rest(std::string_view words);

// The filter in such words. None: a value in it has a space, so where it ends is not known.
std::optional<EventFilter> filter_in(std::string_view words);

}  // namespace wxpipe::operate
