// What an erasure makes of a fact that names an erased person: the row stays, with its ids, times and receipt, and says
// no longer of whom and what. How follows from the fact's fields (fact.hpp, Erase). Sinks do it to facts that still
// come (sinks/erased_people.hpp), `wxpipe erase` to rows; so it doesn't matter which is first. Pure.
//
// A fact names a person if one of its ids is theirs. With kNamesPeopleInside it also does if the id stands as a word in
// one of its texts: a list of a group's members names each of them.
#pragma once

#include <algorithm>
#include <array>
#include <string>
#include <string_view>

#include "schemas/fact.hpp"

namespace wxpipe::schemas {

inline constexpr std::string_view kErasedText = "erased";

// What platforms' ids are made of. Other alphabets end a word: 我是oUser1 names oUser1.
inline bool is_part_of_id(char c) {
  return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
         std::string_view("_-@.+").find(c) != std::string_view::npos;
}

// Runs tell(word) for each longest stretch of such characters.
template <class Tell>
void for_each_word(std::string_view text, Tell&& tell) {
  for (size_t at = 0; at < text.size();) {
    while (at < text.size() && !is_part_of_id(text[at])) ++at;
    size_t end = at;
    while (end < text.size() && is_part_of_id(text[end])) ++end;
    if (end > at) tell(text.substr(at, end - at));
    at = end;
  }
}

template <class Fact>
concept NamesPeopleInside = requires {
  Fact::kNamesPeopleInside;
};
template <class Fact>
concept GoesWithThePerson = requires {
  Fact::kGoesWithThePerson;
};

// Whether a fact says anything of people.
template <class Fact>
inline constexpr bool kSaysOfPeople = [] {
  bool says = GoesWithThePerson<Fact>;
  for_each_field<Fact>([&](auto i) { says = says || kField<Fact, i>.erase != Erase::nothing; });
  return says;
}();

// Runs tell(text) for each text that may be the id of a person whom the fact names. Some come more than once.
template <class Fact, class Tell>
void for_each_name(const Fact& fact, Tell&& tell) {
  for_each_field<Fact>([&](auto i) {
    constexpr const auto& f = kField<Fact, i>;
    if constexpr (f.erase == Erase::pseudonym) tell(std::string_view(f.of(fact)));
    if constexpr (NamesPeopleInside<Fact> && (f.erase == Erase::empty || f.erase == Erase::mark)) {
      if constexpr (TypeOf<FieldValue<Fact, i>>::type == Type::attributes) {
        for (const auto& [name, text] : f.of(fact)) {
          tell(std::string_view(text));
          for_each_word(text, tell);
        }
      } else {
        for_each_word(f.of(fact), tell);
      }
    }
  });
}

namespace erasure {
template <class Fact>
bool is_kept(std::string_view name) {
  if constexpr (requires { Fact::kKeptOfErased; })
    return std::ranges::find(Fact::kKeptOfErased, name) != Fact::kKeptOfErased.end();
  return false;
}
}  // namespace erasure

// pseudonym_of(id): a pseudonym, or an empty text for whoever isn't erased. Returns whether the fact names somebody who
// is; only then is it changed.
template <class Fact, class PseudonymOf>
bool erase_people(Fact& fact, PseudonymOf&& pseudonym_of) {
  bool named = false;
  for_each_name(fact, [&](std::string_view text) { named = named || !pseudonym_of(text).empty(); });
  if (!named) return false;
  for_each_field<Fact>([&](auto i) {
    constexpr const auto& f = kField<Fact, i>;
    if constexpr (f.erase != Erase::nothing) {
      auto& value = f.of(fact);
      if constexpr (f.erase == Erase::pseudonym) {
        if (const std::string_view pseudonym = pseudonym_of(value); !pseudonym.empty()) value = std::string(pseudonym);
      } else if constexpr (TypeOf<FieldValue<Fact, i>>::type == Type::attributes) {
        Attributes kept;
        for (const auto& one : value)
          if (erasure::is_kept<Fact>(one.first)) kept.push_back(one);
        value = kept;
      } else if constexpr (f.erase == Erase::mark) {
        if (!value.empty()) value = kErasedText;
      } else {
        value.clear();
      }
    }
  });
  return true;
}

}  // namespace wxpipe::schemas
