#include "ingest/callback.hpp"

#include <array>

namespace wxpipe::ingest {
namespace {
struct Row {
  std::string_view word;
  unsigned status;
};
constexpr std::array<Row, kRefusalCount> kRefusals{
    Row{"bad_signature", 401},        Row{"missing_signature", 401}, Row{"stale_timestamp", 401},
    Row{"not_an_echo", 401},          Row{"wrong_receiver", 403},    Row{"downgrade", 400},
    Row{"unknown_account", 404},      Row{"unknown_tenant", 404},    Row{"unknown_path", 404},
    Row{"method_not_allowed", 405},   Row{"bad_request", 400},       Row{"no_ciphertext", 400},
    Row{"duplicate_parameter", 400},  Row{"missing_host", 400},      Row{"body_too_large", 413},
    Row{"headers_too_large", 431},    Row{"request_timeout", 408},   Row{"too_many_dead_letters", 429},
    Row{"too_many_connections", 503}, Row{"overloaded", 503},        Row{"not_durable", 503}};

const Row& row(Refusal refusal) { return kRefusals.at(static_cast<size_t>(refusal)); }
}  // namespace

std::string_view to_string(Refusal refusal) { return row(refusal).word; }
unsigned status_of(Refusal refusal) { return row(refusal).status; }
std::string_view to_string(WrongPart part) {
  constexpr std::array<std::string_view, 6> kParts{"", "token", "key", "receiveid", "padding", "age"};
  return kParts.at(static_cast<size_t>(part));
}

WrongPart wrong_part(const Refused& refused) {
  if (refused.refusal == Refusal::bad_signature) return WrongPart::token;
  if (refused.refusal == Refusal::wrong_receiver) return WrongPart::receiveid;
  if (refused.refusal == Refusal::stale_timestamp) return WrongPart::age;
  return refused.wrong;
}

Reply reply_to(Refusal refusal) { return {status_of(refusal), std::string(to_string(refusal))}; }

}  // namespace wxpipe::ingest
