// parse_query with any bytes.
#include "ingest/query.hpp"
#include "tests/fuzz/check.hpp"

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, size_t size) {
  static std::string scratch;
  const std::string_view raw(reinterpret_cast<const char*>(data), size);
  wxpipe::ingest::Query query;
  if (wxpipe::ingest::parse_query(raw, scratch, query)) return 0;
  for (const auto value : {query.signature, query.msg_signature, query.timestamp, query.nonce, query.echostr}) {
    const bool in_raw = value.data() >= raw.data() && value.data() + value.size() <= raw.data() + raw.size();
    const bool in_scratch =
        value.data() >= scratch.data() && value.data() + value.size() <= scratch.data() + scratch.size();
    check(value.empty() || in_raw || in_scratch, "a value lies inside the query or its scratch text");
    check(value.find('%') == std::string_view::npos || in_scratch, "escapes are resolved once");
  }
  return 0;
}
