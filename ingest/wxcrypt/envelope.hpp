// The outer body of an encrypted callback, XML or JSON. We only need its Encrypt text, so we scan for it and build no
// tree (a tree costs 20 times as much). What stands beside it is not signed, and not read. Also writes the same
// envelope for a reply.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace wxpipe::ingest::wxcrypt {

enum class EnvelopeFormat { xml, json, json_lower_case };  // the last: {"encrypt": …}, WeWork's JSON and bots

struct Envelope {
  enum class Outcome {
    found,
    absent,     // no Encrypt in it: plain text, or something else
    malformed,  // Encrypt has no end or isn't text
  };
  Outcome outcome = Outcome::absent;
  EnvelopeFormat format = EnvelopeFormat::xml;
  std::string_view encrypt;  // without white space around it; a view into the body or `scratch`
};

// Only a direct child of the root counts. Text that a user wrote into another CDATA section or string is never taken
// for it. `scratch` holds the text if JSON escapes had to be resolved.
Envelope open_envelope(std::string_view body, std::string& scratch);

// A passive reply (docs/protocol.md §4). In JSON the timestamp is a number.
std::string reply_envelope(EnvelopeFormat format, std::string_view encrypt, std::string_view signature,
                           int64_t timestamp, std::string_view nonce);

}  // namespace wxpipe::ingest::wxcrypt
