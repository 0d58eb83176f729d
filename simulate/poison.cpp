#include "simulate/poison.hpp"

namespace wxpipe::simulate {
namespace {
using ingest::AccountKind;

// Inserts before the end of the body's root.
void insert_at_end(Said& said, std::string_view xml, std::string_view json) {
  const bool is_xml = said.format == BodyFormat::xml;
  said.body.insert(said.body.rfind(is_xml ? "</xml>" : "}"), is_xml ? xml : json);
}

void nest(Said& said) {
  constexpr int kDepth = 40;
  std::string xml, json = R"(,"Deep":)";
  for (int i = 0; i < kDepth; ++i) xml += "<Deep>", json += R"({"a":)";
  json += "1";
  for (int i = 0; i < kDepth; ++i) xml += "</Deep>", json += "}";
  insert_at_end(said, xml, json);
}

// The element with the time: <CreateTime>…</CreateTime> or "CreateTime":…,
void remove_time(Said& said) {
  for (const std::string name : {"CreateTime", "TimeStamp"}) {
    const bool xml = said.format == BodyFormat::xml;
    const size_t from = said.body.find(xml ? "<" + name + ">" : "\"" + name + "\":");
    if (from == said.body.npos) continue;
    const std::string end = xml ? "</" + name + ">" : ",";
    said.body.erase(from, said.body.find(end, from) + end.size() - from);
    return;
  }
}
}  // namespace

std::vector<Reason> poisons(const ingest::Account& account) {
  std::vector<Reason> reasons{Reason::nul_byte, Reason::nested_too_deep};
  const bool webhook = ingest::is_standard_webhook(account.kind);
  if (account.mode != ingest::EncryptionMode::plain && !webhook) reasons.push_back(Reason::undecryptable);
  if (webhook || account.kind == AccountKind::wework_bot) {  // JSON, and its times are optional
    reasons.push_back(Reason::malformed_json);
    return reasons;
  }
  reasons.push_back(Reason::missing_field);
  reasons.push_back(Reason::implausible_time);
  reasons.push_back(Reason::malformed_xml);
  if (account.kind != AccountKind::mini_program) reasons.push_back(Reason::doctype);
  return reasons;
}

void spoil(Said& said, Reason reason) {
  switch (reason) {
    case Reason::nul_byte:
      insert_at_end(said, std::string_view("<Remark>a\0b</Remark>", 20), std::string_view(",\"remark\":\"a\0b\"", 15));
      break;
    case Reason::nested_too_deep:
      nest(said);
      break;
    case Reason::malformed_xml:
    case Reason::malformed_json:
      reason = said.format == BodyFormat::xml ? Reason::malformed_xml : Reason::malformed_json;
      said.body.resize(said.body.rfind(said.format == BodyFormat::xml ? "</xml>" : "}"));
      break;
    case Reason::doctype:
      said.body.insert(0, "<!DOCTYPE xml [<!ENTITY who SYSTEM \"file:///etc/hostname\">]>");
      break;
    case Reason::missing_field:
      remove_time(said);
      break;
    default:  // undecryptable: another key; implausible_time: another time
      break;
  }
  said.poison = reason;
  said.type = {};
}

}  // namespace wxpipe::simulate
