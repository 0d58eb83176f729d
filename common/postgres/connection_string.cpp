// Adds wxpipe's defaults to a connection URL (declared in connection.hpp).
#include <fmt/format.h>
#include <libpq-fe.h>

#include <array>
#include <memory>

#include "common/postgres/connection.hpp"

namespace wxpipe::postgres {
namespace {
struct Default {
  const char* keyword;
  const char* value;
};
// A server that vanishes silently is noticed within 15 s, even on an idle connection.
constexpr std::array<Default, 9> kDefaults{{{"connect_timeout", "5"},
                                            {"keepalives", "1"},
                                            {"keepalives_idle", "10"},
                                            {"keepalives_interval", "5"},
                                            {"keepalives_count", "2"},
                                            {"tcp_user_timeout", "15000"},
                                            {"client_encoding", "UTF8"},
                                            {"target_session_attrs", "read-write"},
                                            {"application_name", nullptr}}};

void append(std::string& out, std::string_view keyword, std::string_view value) {
  if (!out.empty()) out += ' ';
  out.append(keyword).append("='");
  for (const char c : value) {
    if (c == '\'' || c == '\\') out += '\\';
    out += c;
  }
  out += '\'';
}
}  // namespace

std::string connection_string(const Secret& url, std::string_view application_name, std::string_view setting) {
  char* error = nullptr;
  const std::unique_ptr<PQconninfoOption, decltype(&PQconninfoFree)> options(
      PQconninfoParse(url.reveal().c_str(), &error), &PQconninfoFree);  // libpq must see the password
  if (!options) {
    const std::unique_ptr<char, decltype(&PQfreemem)> owned(error, &PQfreemem);
    // libpq's message may contain the string with its password.
    throw UsageError(fmt::format(
        "{}: not a connection string; expected postgresql://user@host:5432/database or \"host=… dbname=…\"", setting));
  }
  std::string out;
  for (const auto* option = options.get(); option->keyword; ++option)
    if (option->val) append(out, option->keyword, option->val);
  for (const auto& [keyword, value] : kDefaults) {
    const auto* option = options.get();
    while (option->keyword && std::string_view(option->keyword) != keyword) ++option;
    if (option->keyword && !option->val) append(out, keyword, value ? std::string_view(value) : application_name);
  }
  return out;
}

}  // namespace wxpipe::postgres
