// A step of processing: reads the event, may add attributes to it, and adds the facts that follow from it. Nothing else
// of the event changes, and its body isn't there (pass_on.hpp). Pure: no clock, Kafka or SQL. Everything it knows
// besides the event is set when it is made. A step can't refuse an event: unreadable events never come here, and a step
// ignores what it doesn't understand.
#pragma once

#include <functional>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "schemas/registry.hpp"

namespace wxpipe::processors {

// One list for each kind of fact in the registry that steps make from events.
template <class Fact>
auto concluded_list() {
  if constexpr (schemas::Concluded<Fact>)
    return std::tuple<std::vector<Fact>>();
  else
    return std::tuple();
}
template <class... Kinds>
auto concluded_lists_of(const schemas::Family<Kinds...>&) {
  return std::tuple_cat(concluded_list<Kinds>()...);
}
inline auto concluded_lists() {
  return std::apply([](const auto&... families) { return std::tuple_cat(concluded_lists_of(families)...); },
                    schemas::kFamilies);
}

// The facts that follow from an event, besides its own row: any kind of fact with an Origin.
class Facts {
 public:
  template <schemas::Concluded Fact>
  void add(Fact fact) {
    of<Fact>().push_back(std::move(fact));
  }
  template <schemas::Concluded Fact>
  const std::vector<Fact>& of() const {
    return std::get<std::vector<Fact>>(all_);
  }
  template <schemas::Concluded Fact>
  std::vector<Fact>& of() {
    return std::get<std::vector<Fact>>(all_);
  }
  // Runs visit(const std::vector<Fact>&) for each kind, in the registry's order.
  template <class Visit>
  void for_each_kind(Visit&& visit) const {
    std::apply([&](const auto&... kinds) { (visit(kinds), ...); }, all_);
  }
  bool operator==(const Facts&) const = default;

 private:
  decltype(concluded_lists()) all_;
};

struct Step {
  std::string_view name;  // a literal
  std::function<void(schemas::Event&, Facts&)> apply;
};
using Steps = std::vector<Step>;  // in order: later ones see what earlier ones added

}  // namespace wxpipe::processors
