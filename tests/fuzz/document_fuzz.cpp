// parse_document with any bytes: XML, JSON and neither.
#include "ingest/document.hpp"
#include "tests/fuzz/check.hpp"

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, size_t size) {
  const auto document = wxpipe::ingest::parse_document({reinterpret_cast<const char*>(data), size});
  if (!document) {
    check(!document.error().detail.empty(), "a rejection says why");
    return 0;
  }
  for (const auto& field : document->fields()) {
    check(!field.path.empty() && is_text(field.path), "a path is text");
    check(is_text(field.value), "a value is text");
  }
  return 0;
}
