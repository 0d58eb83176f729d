// Phone numbers as one text each, however they were written. Pure.
#pragma once

#include <string>
#include <string_view>

namespace wxpipe::processors {

// "13800138000" of a mobile number of the mainland, "+<digits>" of others that are written with their country; empty
// for what is neither: an office's number, half of one, something else.
std::string phone_key(std::string_view written);

}  // namespace wxpipe::processors
