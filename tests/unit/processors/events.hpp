// Events for the tests of processors/: every field is filled, and a test changes the ones it is about.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "common/config/settings.hpp"
#include "schemas/event_id.hpp"
#include "schemas/fact_json.hpp"
#include "schemas/facts/event.hpp"

namespace wxpipe::processors::test {

inline Timestamp at(int64_t seconds) { return Timestamp(std::chrono::seconds(1'760'000'000 + seconds)); }

inline schemas::Event event_of(std::string type, std::string body = "body") {
  schemas::Event event;
  event.type = std::move(type);
  event.category = event.type.starts_with("message.") ? "message" : "event";
  event.platform = "wechat";
  event.account = "shop";
  event.subject = "oSubject";
  event.sender = "oSubject";
  event.identity = "identity of " + body;
  event.occurred_at = at(0);
  event.received_at = at(1);
  event.raw = std::move(body);
  event.receipt = "i1/b1/7";
  event.trace_id = "0af7651916cd43dd8448eb211c80319c";
  event.id = schemas::event_id(event.account, event.tenant, {}, event.raw, event.occurred_at);
  return event;
}

inline std::string json_of(const schemas::Event& event) {
  std::string json;
  encode(event, schemas::kEventSchema, json);
  return json;
}

inline config::ScoreRule rule(std::string name, int points, std::vector<std::string> types,
                              std::map<std::string, std::string> where = {}) {
  config::ScoreRule rule;
  rule.name = std::move(name);
  rule.dimension = "interest";
  rule.points = points;
  rule.types = std::move(types);
  rule.where = std::move(where);
  return rule;
}

}  // namespace wxpipe::processors::test
