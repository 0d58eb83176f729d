// Prints encoded samples of each contract, `<schema file>\t<json>`; check_schemas.py compares them with schemas/kafka.
#include <cstdio>

#include "schemas/fact_list.hpp"
#include "schemas/fact_sample.hpp"
#include "tests/unit/schemas/samples.hpp"

namespace {
using namespace wxpipe::schemas;

template <class Fact>
void print(const Fact& fact) {
  for (const auto schema : Fact::kSchemas) {
    std::string json;
    encode(fact, schema, json);
    std::printf("%s\t%s\n", std::string(schema_name(schema)).c_str(), json.c_str());
  }
  if constexpr (Listed<Fact>) {
    std::string json;
    encode_list<Fact>(std::vector{fact, fact}, json);
    std::printf("%s\t%s\n", std::string(schema_name(Fact::kListSchema)).c_str(), json.c_str());
  }
}
}  // namespace

int main() {
  for_each_fact([]<class Fact>(const FamilyInfo&) { print(sample<Fact>()); });
  print(samples::event());
  print(samples::follower());
  print(samples::lead_activity());
  print(samples::log());
  print(samples::duplicate());
  print(samples::dead_letter());
  print(samples::custody_mark());
}
