// Prints one encoded sample per contract, `<schema file>\t<json>`: check_schemas.py holds them against schemas/kafka.
#include <cstdio>

#include "tests/unit/schemas/samples.hpp"

int main() {
  using namespace wxpipe::schemas;
  const auto print = [](const char* schema, const std::string& json) { std::printf("%s\t%s\n", schema, json.c_str()); };
  std::string json;
  encode(samples::event(), kEventSchema, json);
  print("event", json);
  json.clear();
  encode(samples::event(), kMessageSchema, json);
  print("message", json);
  json.clear();
  encode(samples::follower(), json);
  print("follower", json);
  json.clear();
  encode(samples::lead_activity(), json);
  print("lead_activity", json);
  json.clear();
  encode(samples::log(), json);
  print("log", json);
  json.clear();
  encode(samples::duplicate(), json);
  print("duplicate", json);
  json.clear();
  encode(samples::dead_letter(), json);
  print("dead_letter", json);
  json.clear();
  encode(samples::custody_mark(), json);
  print("custody_mark", json);
}
