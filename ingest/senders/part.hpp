// The words of a sender's declaration: which part of a request is meant. Pure.
//
//   query:NAME   a parameter of the address, decoded      body     all of the body
//   header:NAME  a header                                 secret   the account's secret
//   form:NAME    a parameter of the body                  form     all parameters of the body but the proof, as
//   json:PATH    a value in the JSON body                          name=value&name=value, sorted, without empty ones
//   text:TEXT    the text itself, also where it is nothing but signs: ":"
//
// PATH has names with dots between them, as attributes have: data.phone. items[key=phone].value is in the item of the
// list `items` whose `key` is phone.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace wxpipe::ingest::senders {

struct Part {
  enum class From { query, header, form, json, document, body, whole_form, secret, text };
  From from{};
  std::string name{};  // NAME, PATH or TEXT
  bool operator==(const Part&) const = default;
};

// Nothing: it is none of these.
std::optional<Part> parse_part(std::string_view word);

// Where a field's value may stand: the first choice that is there. The parts of a choice are joined by ":". A part
// without a word before it is a path in the document. "-": nowhere.
//   header:X-Id | data._id      form + entry.serial_number
using Choice = std::vector<Part>;
std::vector<Choice> parse_choices(std::string_view text);
inline constexpr std::string_view kNowhere = "-";

}  // namespace wxpipe::ingest::senders
