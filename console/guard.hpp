// Does this request come from where it says? Names against DNS rebinding, fetch metadata against other sites' pages
// (docs/operations.md, The console), and the headers that every answer has. Pure.
#pragma once

#include <optional>
#include <string_view>

#include "common/config/settings.hpp"
#include "console/access.hpp"
#include "console/http.hpp"

namespace wxpipe::console {

// An IP address, localhost, the name in `listen`, or one of `hosts`.
bool is_our_name(std::string_view host, const config::ConsoleSettings& settings);
// Exactly one Host, and it is one of our names.
bool names_us(const Request& request, const config::ConsoleSettings& settings);

// Why a request to the API is refused before anything is done. Nothing: it may go on. who: by what it came in.
std::optional<Problem> refused_as_cross_site(const Request& request, std::optional<Login> who);

// What every answer has: a strict Content-Security-Policy and its like.
const Fields& security_headers();

}  // namespace wxpipe::console
