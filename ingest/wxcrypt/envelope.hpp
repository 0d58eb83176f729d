// The outer body of an encrypted callback, in XML or JSON: only its Encrypt text is wanted, so it is found by scanning
// and never parsed into a tree (the tree costs x20, reference figures in docs). What stands beside it is not signed and
// not read. And the same envelope as a reply.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace wxpipe::ingest::wxcrypt {

enum class EnvelopeFormat { xml, json, json_lower_case };  // the last: {"encrypt": …}, WeWork's JSON and bots

struct Envelope {
  enum class Outcome {
    found,
    absent,     // a body without Encrypt: in the clear, or something else altogether
    malformed,  // Encrypt is there, and ends nowhere or isn't text
  };
  Outcome outcome = Outcome::absent;
  EnvelopeFormat format = EnvelopeFormat::xml;
  std::string_view encrypt;  // without surrounding white space; a view into the body, or into `scratch`
};

// Only a direct child of the root counts: text that a user wrote into a neighbouring CDATA section or string never
// does. `scratch` holds the text where JSON escapes had to be resolved.
Envelope open_envelope(std::string_view body, std::string& scratch);

// A passive reply (docs/protocol.md §4). JSON: the timestamp is a number.
std::string reply_envelope(EnvelopeFormat format, std::string_view encrypt, std::string_view signature,
                           int64_t timestamp, std::string_view nonce);

}  // namespace wxpipe::ingest::wxcrypt
