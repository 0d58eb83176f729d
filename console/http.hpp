// A request and an answer of the console as values, without any HTTP library's types. Pure.
#pragma once

#include <functional>
#include <stdexcept>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/ip_network.hpp"

namespace wxpipe::console {

using Fields = std::vector<std::pair<std::string, std::string>>;

struct Request {
  std::string method;  // "GET"
  std::string path;    // decoded
  Fields query;        // decoded, in order
  Fields headers;      // names in small letters
  std::string body;
  IpAddress from;
  bool tls = false;

  // The first header of that name; empty: there is none.
  std::string_view header(std::string_view name) const;
  size_t headers_named(std::string_view name) const;
};

// Takes the target of a request line apart. False: it can't be decoded.
bool read_target(std::string_view target, Request& request);

// Where a stream's events go. False: the client is gone.
using Send = std::function<bool(std::string_view bytes)>;
using Stream = std::function<void(const Send& send, const std::stop_token& stop)>;

struct Response {
  int status = 200;
  std::string type = "application/json";
  std::string body{};
  Fields headers{};
  Stream stream{};  // in place of the body: written until it returns
};

// An answer that isn't what was asked for: thrown by whoever finds out.
struct Problem : std::runtime_error {
  Problem(int status_, std::string code_, const std::string& text, std::string remedy_ = {})
      : std::runtime_error(text),
        status(status_),
        code(std::move(code_)),
        remedy(std::move(remedy_)) {}
  int status;
  std::string code, remedy;
};
// {"error":{"code":…,"text":…,"remedy":…}}
std::string error_json(std::string_view code, std::string_view text, std::string_view remedy);
Response answer(const Problem& problem);

}  // namespace wxpipe::console
