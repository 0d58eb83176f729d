#include "ingest/senders/part.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "ingest/words.hpp"

namespace wxpipe::ingest::senders {
namespace {

constexpr std::array<std::pair<std::string_view, Part::From>, 5> kNamed{{{"query:", Part::From::query},
                                                                         {"header:", Part::From::header},
                                                                         {"form:", Part::From::form},
                                                                         {"json:", Part::From::json},
                                                                         {"text:", Part::From::text}}};
constexpr std::array<std::pair<std::string_view, Part::From>, 3> kWhole{
    {{"body", Part::From::body}, {"form", Part::From::whole_form}, {"secret", Part::From::secret}}};

bool is_sign(char c) {
  return !((c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
           (static_cast<unsigned char>(c) & 0x80) != 0);
}

std::optional<Part> named(std::string_view word) {
  for (const auto& [start, from] : kNamed)
    if (word.starts_with(start) && word.size() > start.size())
      return Part{from, std::string(word.substr(start.size()))};
  return std::nullopt;
}

// Calls the function for each piece between the marks, without blanks around it.
template <class Visit>
void split(std::string_view text, std::string_view mark, Visit&& visit) {
  for (;;) {
    const size_t at = text.find(mark);
    visit(trimmed(text.substr(0, at)));
    if (at == std::string_view::npos) return;
    text.remove_prefix(at + mark.size());
  }
}

}  // namespace

std::optional<Part> parse_part(std::string_view word) {
  if (auto part = named(word)) return part;
  for (const auto& [whole, from] : kWhole)
    if (word == whole) return Part{from};
  // A word that isn't known is more likely a slip than a text.
  if (!word.empty() && std::all_of(word.begin(), word.end(), is_sign)) return Part{Part::From::text, std::string(word)};
  return std::nullopt;
}

std::vector<Choice> parse_choices(std::string_view text) {
  std::vector<Choice> choices;
  split(text, " | ", [&](std::string_view choice) {
    if (choice.empty()) return;
    Choice& parts = choices.emplace_back();
    split(choice, " + ", [&](std::string_view word) {
      parts.push_back(named(word).value_or(Part{Part::From::document, std::string(word)}));
    });
  });
  return choices;
}

}  // namespace wxpipe::ingest::senders
