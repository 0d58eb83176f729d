// Makes the message of an event out of the event's own JSON: another schema, and the attributes that steps added. So
// the body, most of an event, is neither read nor written again. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "schemas/fact_json.hpp"
#include "schemas/facts/event.hpp"

namespace wxpipe::processors {

// The fields that no step reads, for schemas::decode.
inline constexpr uint64_t kPassedOnUnread =
    schemas::field_set<schemas::Event>({"reply", "raw", "body_bytes", "normaliser"});

// Appends the message. event: read from `text`, then enriched: with further attributes behind those it had, whose JSON
// took `attributes_before` characters (0: it had none). Returns false, and appends nothing, if the text isn't as our
// encoder writes it; then the event must be encoded.
bool pass_on(std::string_view text, const schemas::Event& event, size_t attributes_before, std::string& out);

}  // namespace wxpipe::processors
