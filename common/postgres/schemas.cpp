#include "common/postgres/schemas.hpp"

#include <algorithm>
#include <array>
#include <cctype>

namespace wxpipe::postgres {
namespace {
struct Place {
  std::string_view before, name, after;
};
// Every way in which our SQL names a schema.
constexpr std::array kPlaces{Place{"", "wxpipe", "."}, Place{"'", "wxpipe", "'::regnamespace"},
                             Place{"'", "public", "'::regnamespace"}, Place{"schema ", "wxpipe", " "},
                             Place{"schema if not exists ", "wxpipe", ";"}};

bool is_word(char c) { return c == '_' || std::isalnum(static_cast<unsigned char>(c)); }

bool stands(const Place& place, std::string_view sql, size_t at) {
  return sql.substr(at).starts_with(place.name) && sql.substr(at + place.name.size()).starts_with(place.after) &&
         sql.substr(0, at).ends_with(place.before);
}
}  // namespace

Schemas side_schemas(std::string_view name) { return {std::string(name), std::string(name) + "_wxpipe"}; }

std::string placed(std::string_view sql, const Schemas& schemas) {
  std::string out;
  out.reserve(sql.size() + 256);
  for (size_t at = 0; at < sql.size();) {
    const bool begins = at == 0 || !is_word(sql[at - 1]);
    const auto found = begins
                           ? std::ranges::find_if(kPlaces, [&](const Place& place) { return stands(place, sql, at); })
                           : kPlaces.end();
    if (found == kPlaces.end()) {
      out += sql[at++];
    } else {
      out += found->name == "public" ? schemas.business : schemas.own;
      at += found->name.size();
    }
  }
  return out;
}

}  // namespace wxpipe::postgres
