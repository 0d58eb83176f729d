// The request target of a callback: /callback/{account} or /callback/{account}/{tenant}, and the query behind it. Pure.
#pragma once

#include <string>
#include <string_view>

namespace wxpipe::ingest::http {

struct Target {  // views into the request or into the scratch text
  std::string_view account, tenant, query;
};

// False: another path, or a segment that can't be decoded (a % without two hex digits, an encoded slash or NUL).
// scratch is overwritten and must outlive the target.
bool parse_target(std::string_view raw, std::string& scratch, Target& target);

}  // namespace wxpipe::ingest::http
