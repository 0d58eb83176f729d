// What an erasure makes of a fact that names an erased person: the row stays, with its ids, times and receipt, and says
// no longer of whom and what. Sinks do it to facts that still come (sinks/erased_people.hpp), `wxpipe erase` to rows;
// so it doesn't matter which is first. Pure.
//
// A fact names a person if one of its ids is theirs, or, with `inside`, if the id stands as a word in one of its texts:
// a list of a group's members names each of them.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>

#include "schemas/registry.hpp"

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

// What becomes of a fact's fields. Lists of names, separated by blanks. A kind of fact without an entry doesn't
// compile.
struct Erasing {
  std::string_view ids{};      // may be the person's: then a pseudonym takes its place
  std::string_view emptied{};  // what tells of the person
  std::string_view marked{};   // texts that become "erased": merges and views go by whether there is one
  std::string_view kept{};     // members of emptied objects that stay
  bool inside = false;         // whoever stands in one of the emptied or marked texts is named, too
  bool whole = false;          // the fact says nothing but who somebody is: it is dropped
};
template <class Fact>
inline constexpr Erasing kErasing = Fact::needs_an_entry_below;

// clang-format off
template <> inline constexpr Erasing kErasing<Event>{
    .ids = "subject sender recipient conversation", .emptied = "identity attributes body_bytes",
    .marked = "content reply raw", .inside = true};
template <> inline constexpr Erasing kErasing<DuplicateMet>{};
template <> inline constexpr Erasing kErasing<FollowerChanged>{
    .ids = "subject", .emptied = "channel", .marked = "scene"};
template <> inline constexpr Erasing kErasing<LeadActivity>{.ids = "subject", .emptied = "description profile"};
template <> inline constexpr Erasing kErasing<IdentityTold>{.ids = "subject", .whole = true};
template <> inline constexpr Erasing kErasing<LogWritten>{
    .ids = "subject", .emptied = "context", .marked = "message", .inside = true};
template <> inline constexpr Erasing kErasing<DeadLetter>{
    .emptied = "detail key context", .marked = "body", .inside = true};
template <> inline constexpr Erasing kErasing<CustodyMark>{};
template <> inline constexpr Erasing kErasing<DirectoryChanged>{
    .ids = "subject id part", .emptied = "told", .kept = "state change", .inside = true};
template <> inline constexpr Erasing kErasing<TicketTold>{.ids = "subject"};
template <> inline constexpr Erasing kErasing<SendTold>{
    .ids = "subject receiver", .emptied = "outcome told",
    .kept = "status word error_code source task_uuid template_id", .inside = true};
template <> inline constexpr Erasing kErasing<ApiCalled>{
    .emptied = "parameters request_headers request_body response_headers response_body message", .inside = true};
template <> inline constexpr Erasing kErasing<AiCalled>{
    .ids = "subject user_id", .emptied = "user_input", .inside = true};
// Instances and their logins are the shop's own, and no customers.
template <> inline constexpr Erasing kErasing<InstanceTold>{};
template <> inline constexpr Erasing kErasing<MetricMeasured>{};
template <> inline constexpr Erasing kErasing<AlertTold>{};
// clang-format on

constexpr bool lists(std::string_view names, std::string_view name) {
  while (!names.empty()) {
    const auto end = std::min(names.find(' '), names.size());
    if (names.substr(0, end) == name) return true;
    names.remove_prefix(std::min(end + 1, names.size()));
  }
  return false;
}

enum class Erase : uint8_t { nothing, pseudonym, empty, mark };
template <class Fact, size_t I>
inline constexpr Erase kErase = lists(kErasing<Fact>.ids, kField<Fact, I>.name)       ? Erase::pseudonym
                                : lists(kErasing<Fact>.emptied, kField<Fact, I>.name) ? Erase::empty
                                : lists(kErasing<Fact>.marked, kField<Fact, I>.name)  ? Erase::mark
                                                                                      : Erase::nothing;

// Whether a fact says anything of people.
template <class Fact>
inline constexpr bool kSaysOfPeople = !kErasing<Fact>.ids.empty() || !kErasing<Fact>.emptied.empty();

// Runs tell(text) for each text that may be the id of a person whom the fact names. Some come more than once.
template <class Fact, class Tell>
void for_each_name(const Fact& fact, Tell&& tell) {
  for_each_field<Fact>([&](auto i) {
    constexpr const auto& f = kField<Fact, i>;
    constexpr auto erase = kErase<Fact, i>;
    if constexpr (erase == Erase::pseudonym) tell(std::string_view(f.of(fact)));
    if constexpr (kErasing<Fact>.inside && (erase == Erase::empty || erase == Erase::mark)) {
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

// pseudonym_of(id): a pseudonym, or an empty text for whoever isn't erased. Returns whether the fact names somebody who
// is; only then is it changed.
template <class Fact, class PseudonymOf>
bool erase_people(Fact& fact, PseudonymOf&& pseudonym_of) {
  bool named = false;
  for_each_name(fact, [&](std::string_view text) { named = named || !pseudonym_of(text).empty(); });
  if (!named) return false;
  for_each_field<Fact>([&](auto i) {
    constexpr const auto& f = kField<Fact, i>;
    constexpr auto erase = kErase<Fact, i>;
    if constexpr (erase != Erase::nothing) {
      auto& value = f.of(fact);
      if constexpr (erase == Erase::pseudonym) {
        if (const std::string_view pseudonym = pseudonym_of(value); !pseudonym.empty()) value = std::string(pseudonym);
      } else if constexpr (TypeOf<FieldValue<Fact, i>>::type == Type::attributes) {
        Attributes kept;
        for (const auto& one : value)
          if (lists(kErasing<Fact>.kept, one.first)) kept.push_back(one);
        value = kept;
      } else if constexpr (erase == Erase::mark) {
        if (!value.empty()) value = kErasedText;
      } else {
        value.clear();
      }
    }
  });
  return true;
}

}  // namespace wxpipe::schemas
