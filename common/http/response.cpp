#include "common/http/response.hpp"

#include <algorithm>
#include <boost/asio/buffer.hpp>
#include <boost/beast/core/string.hpp>
#include <boost/beast/http/error.hpp>

namespace wxpipe::http {
namespace {
constexpr uint32_t kMostHeaderBytes = 64 << 10;
constexpr uint64_t kReserved = 64 << 10;  // at most, for a body: the length is only a claim of the other side
}  // namespace

std::optional<std::string> Response::header(std::string_view name) const {
  for (const auto& [key, value] : headers)
    if (boost::beast::iequals({key.data(), key.size()}, {name.data(), name.size()})) return value;
  return std::nullopt;
}

ResponseParser::ResponseParser(Response& into, uint64_t most_body_bytes, KeepHeaders keep)
    : response_(into),
      keep_(keep) {
  response_.status = 0;
  response_.headers.clear();
  response_.body.clear();
  eager(true);
  header_limit(kMostHeaderBytes);
  body_limit(most_body_bytes);
}

size_t ResponseParser::put(std::string_view bytes, boost::system::error_code& error) {
  error = {};
  const size_t taken = basic_parser::put(boost::asio::buffer(bytes.data(), bytes.size()), error);
  if (error == boost::beast::http::error::need_more) error = {};
  return taken;
}

void ResponseParser::on_field_impl(boost::beast::http::field, View name, View value, Error&) {
  if (keep_ == KeepHeaders::yes)
    response_.headers.emplace_back(std::string(name.data(), name.size()), std::string(value.data(), value.size()));
}

void ResponseParser::on_body_init_impl(const boost::optional<std::uint64_t>& length, Error&) {
  if (length) response_.body.reserve(std::min(*length, kReserved));
}

std::size_t ResponseParser::on_body_impl(View body, Error&) {
  response_.body.append(body.data(), body.size());
  return body.size();
}

}  // namespace wxpipe::http
