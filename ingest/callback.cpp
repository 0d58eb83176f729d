#include "ingest/callback.hpp"

#include <array>

namespace wxpipe::ingest {
namespace {
constexpr std::array<std::string_view, kRefusalCount> kWords{
    "bad_signature",        "missing_signature", "stale_timestamp", "wrong_receiver",     "downgrade",
    "unknown_account",      "unknown_tenant",    "unknown_path",    "method_not_allowed", "bad_request",
    "duplicate_parameter",  "missing_host",      "body_too_large",  "headers_too_large",  "request_timeout",
    "too_many_connections", "overloaded",        "not_durable"};
}

std::string_view to_string(Refusal refusal) { return kWords.at(static_cast<size_t>(refusal)); }

}  // namespace wxpipe::ingest
