// Every reader of Kafka records with any bytes: other programs may write to these topics too. A record that is accepted
// must mean the same when it is written again; else process would change what passes through it.
#include "schemas/fact_json.hpp"
#include "schemas/registry.hpp"
#include "tests/fuzz/check.hpp"

namespace {

using namespace wxpipe;

template <class Fact>
void check_both_ways(std::string_view json) {
  const auto read = schemas::decode<Fact>(json);
  if (!read) return check(!read.error().detail.empty(), "a rejection says why");
  std::string written, again;
  schemas::encode(*read, Fact::kSchemas.back(), written);
  const auto read_again = schemas::decode<Fact>(written);
  check(read_again.has_value(), "what was read and written can be read");
  schemas::encode(*read_again, Fact::kSchemas.back(), again);
  check(again == written, "and means the same");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, size_t size) {
  const std::string_view json(reinterpret_cast<const char*>(data), size);
  schemas::for_each_fact([&]<class Fact>(const schemas::FamilyInfo&) { check_both_ways<Fact>(json); });
  if (const auto receipt = schemas::parse_receipt(json))
    check(json.starts_with(receipt->process), "a receipt's process is the beginning of it");
  return 0;
}
