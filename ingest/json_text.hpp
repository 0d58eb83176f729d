// Resolves the escapes of a JSON string in place. Half a surrogate pair and \u0000 become U+FFFD, where simdjson gives
// an error: a cut emoji or a NUL (which Postgres can't hold) must not cost a whole event. Pure.
#pragma once

#include <cstddef>

namespace wxpipe::ingest {

struct JsonText {
  size_t size = 0;        // of the text now; never more than before
  bool legal = false;     // every backslash begins a valid JSON escape
  bool replaced = false;  // something was replaced by U+FFFD
};

// text: what is between the quotes; must be valid UTF-8.
JsonText resolve_json_escapes(char* text, size_t size);

}  // namespace wxpipe::ingest
