// Resolving the escapes of a JSON string in place. Tolerant where simdjson is not: half of a surrogate pair and \u0000
// become U+FFFD, because a truncated emoji or a NUL (which Postgres can't hold) shall not cost a whole event. Pure.
#pragma once

#include <cstddef>

namespace wxpipe::ingest {

struct JsonText {
  size_t size = 0;        // of the text now in place; never more than before
  bool legal = false;     // every backslash begins an escape that JSON knows
  bool replaced = false;  // U+FFFD stands for something unusable
};

// text: what stands between the quotes, valid UTF-8.
JsonText resolve_json_escapes(char* text, size_t size);

}  // namespace wxpipe::ingest
