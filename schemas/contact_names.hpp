// How lead forms call what they ask for, in English and Chinese, and our names for it. One table, so that ingest (whom
// is an event about?) and process (what is known of a lead?) agree. Pure.
#pragma once

#include <string_view>

namespace wxpipe::schemas {

// Our name (contact_phone, company_name, message …) for the last part of a dotted path: "data.Phone_Number",
// "entry.手机号". Case, blanks, `_` and `-` don't matter. Empty: not known. Nothing is guessed from parts of a name.
std::string_view contact_field(std::string_view path);

}  // namespace wxpipe::schemas
