// Every reader of a Kafka record on any bytes: other programs may write to these topics too. What is taken means the
// same when it is written again, or what passes through process would be another thing behind it.
#include "schemas/custody_mark.hpp"
#include "schemas/dead_letter.hpp"
#include "schemas/event.hpp"
#include "schemas/facts.hpp"
#include "tests/fuzz/check.hpp"

namespace {

using namespace wxpipe;

template <class Value, class Encode, class Decode>
void check_both_ways(const Result<Value>& read, Encode encode, Decode decode) {
  if (!read) {
    check(!read.error().detail.empty(), "a rejection says why");
    return;
  }
  std::string written, again;
  encode(*read, written);
  const auto read_again = decode(written);
  check(read_again.has_value(), "what was read and written can be read");
  encode(*read_again, again);
  check(again == written, "and means the same");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, size_t size) {
  const std::string_view json(reinterpret_cast<const char*>(data), size);
  const auto as_it_is = [](const auto& value, std::string& out) { schemas::encode(value, out); };
  const auto as_message = [](const schemas::Event& event, std::string& out) {
    schemas::encode(event, schemas::kMessageSchema, out);
  };
  check_both_ways(schemas::decode_event(json), as_message, schemas::decode_event);
  check_both_ways(schemas::decode_follower(json), as_it_is, schemas::decode_follower);
  check_both_ways(schemas::decode_lead_activity(json), as_it_is, schemas::decode_lead_activity);
  check_both_ways(schemas::decode_log(json), as_it_is, schemas::decode_log);
  check_both_ways(schemas::decode_duplicate(json), as_it_is, schemas::decode_duplicate);
  check_both_ways(schemas::decode_dead_letter(json), as_it_is, schemas::decode_dead_letter);
  check_both_ways(schemas::decode_custody_mark(json), as_it_is, schemas::decode_custody_mark);
  if (const auto receipt = schemas::parse_receipt(json))
    check(json.starts_with(receipt->process), "a receipt's process is the beginning of it");
  return 0;
}
