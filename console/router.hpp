// The API's routes: what each is called, who may call it, and which parameters it takes (console/openapi.json has the
// same, and a test compares them). Whoever isn't allowed, and whatever isn't known, ends here. Any thread.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "console/access.hpp"
#include "console/http.hpp"

namespace wxpipe::console {

// Values of a request: of its query, or of the JSON object in its body.
class Parameters {
 public:
  // Throws Problem: a name that isn't in `known`, or is there twice (but for `match`).
  static Parameters of_query(const Fields& query, const std::vector<std::string_view>& known);
  // Throws Problem: no JSON object, a name that isn't in `known`, a list or an object where none may be.
  static Parameters of_body(std::string_view json, const std::vector<std::string_view>& known);

  // What isn't there reads as empty.
  const std::string& text(std::string_view name) const;
  std::vector<std::string> texts(std::string_view name) const;
  bool has(std::string_view name) const { return values_.contains(name); }
  // Throws Problem: it is something else, or out of range.
  bool flag(std::string_view name, bool otherwise) const;
  int64_t number(std::string_view name, int64_t otherwise, int64_t least, int64_t most) const;
  double real(std::string_view name, double otherwise) const;
  // Throws Problem: it isn't there.
  const std::string& needed(std::string_view name) const;

 private:
  std::map<std::string, std::vector<std::string>, std::less<>> values_;
};

struct Call {
  const Request& request;
  const Identity& who;
  std::string part;  // {id}, {name} of the path
  Parameters values;
};

struct Route {
  std::string_view method, path;
  Role least = Role::viewer;
  Right right = Right::none;
  std::vector<std::string_view> parameters{};  // of the query; of a POST in the body: "filter.reason" is in an object
  std::function<Response(const Call&)> handler{};
};

class Router {
 public:
  explicit Router(std::vector<Route> routes) : routes_(std::move(routes)) {}
  const std::vector<Route>& routes() const { return routes_; }

  // Throws Problem: no such route, not allowed, wrong parameters; and what the handler throws.
  Response call(const Request& request, const std::optional<Identity>& who) const;

 private:
  const std::vector<Route> routes_;
};

}  // namespace wxpipe::console
