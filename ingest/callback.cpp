#include "ingest/callback.hpp"

#include <array>

namespace wxpipe::ingest {
namespace {
struct Row {
  Refusal refusal;
  std::string_view word;
  unsigned status;
};
constexpr std::array kRefusals{
    Row{Refusal::bad_signature, "bad_signature", 401},
    Row{Refusal::missing_signature, "missing_signature", 401},
    Row{Refusal::stale_timestamp, "stale_timestamp", 401},
    Row{Refusal::wrong_receiver, "wrong_receiver", 403},
    Row{Refusal::downgrade, "downgrade", 400},
    Row{Refusal::unknown_account, "unknown_account", 404},
    Row{Refusal::unknown_tenant, "unknown_tenant", 404},
    Row{Refusal::unknown_path, "unknown_path", 404},
    Row{Refusal::method_not_allowed, "method_not_allowed", 405},
    Row{Refusal::bad_request, "bad_request", 400},
    Row{Refusal::duplicate_parameter, "duplicate_parameter", 400},
    Row{Refusal::missing_host, "missing_host", 400},
    Row{Refusal::body_too_large, "body_too_large", 413},
    Row{Refusal::headers_too_large, "headers_too_large", 431},
    Row{Refusal::request_timeout, "request_timeout", 408},
    Row{Refusal::too_many_connections, "too_many_connections", 503},
    Row{Refusal::overloaded, "overloaded", 503},
    Row{Refusal::not_durable, "not_durable", 503},
};
static_assert([] {
  for (size_t i = 0; i < kRefusals.size(); ++i)
    if (kRefusals[i].refusal != static_cast<Refusal>(i)) return false;
  return kRefusals.back().refusal == Refusal::not_durable;
}());

const Row& row(Refusal refusal) { return kRefusals.at(static_cast<size_t>(refusal)); }
}  // namespace

std::string_view to_string(Refusal refusal) { return row(refusal).word; }
unsigned status_of(Refusal refusal) { return row(refusal).status; }
Reply reply_to(Refusal refusal) { return {status_of(refusal), std::string(to_string(refusal))}; }

}  // namespace wxpipe::ingest
