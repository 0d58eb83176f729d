#include "common/result.hpp"

#include <array>

namespace wxpipe {
namespace {
constexpr std::array<std::string_view, kReasonCount> kWords{
    "undecryptable",     "nul_byte",        "invalid_utf8",        "malformed_xml",    "malformed_json",
    "doctype",           "nested_too_deep", "missing_field",       "implausible_time", "too_large",
    "unreadable_record", "invalid_value",   "constraint_violation"};
}

std::string_view to_string(Reason reason) { return kWords.at(static_cast<size_t>(reason)); }

void throw_exception_from_error(const Rejection& rejection, const boost::source_location&) {
  throw std::runtime_error(std::string(to_string(rejection.reason)) + ": " + rejection.detail);
}

}  // namespace wxpipe
