#include "ingest/http/framing.hpp"

#include <algorithm>
#include <boost/asio/buffer.hpp>
#include <boost/beast/core/string.hpp>
#include <boost/beast/http/error.hpp>
#include <functional>
#include <utility>

namespace wxpipe::ingest::http {
namespace {
namespace beast = boost::beast;
using beast::http::field;

std::string_view view(beast::string_view text) { return {text.data(), text.size()}; }

bool lies_in(std::string_view part, std::string_view whole) {
  return std::less_equal<>{}(whole.data(), part.data()) &&
         std::less_equal<>{}(part.data() + part.size(), whole.data() + whole.size());
}

Refusal refusal_of(const boost::system::error_code& error) {
  if (error == beast::http::error::body_limit) return Refusal::body_too_large;
  if (error == beast::http::error::header_limit || error == beast::http::error::buffer_overflow)
    return Refusal::headers_too_large;
  return Refusal::bad_request;
}
}  // namespace

RequestParser::RequestParser(uint32_t most_header_bytes, uint64_t most_body_bytes, std::vector<Header>& headers)
    : headers_(headers),
      most_header_bytes_(most_header_bytes) {
  headers_.clear();
  eager(true);
  header_limit(most_header_bytes);
  body_limit(most_body_bytes);
}

size_t RequestParser::put(std::string_view bytes, boost::system::error_code& error) {
  input_ = bytes;
  error = {};
  const size_t taken = basic_parser::put(boost::asio::buffer(bytes.data(), bytes.size()), error);
  if (error == beast::http::error::need_more) error = {};
  return taken;
}

void RequestParser::keep() {
  for (auto* text : {&request_.method, &request_.target, &request_.content_type, &request_.webhook_id,
                     &request_.webhook_timestamp, &request_.webhook_signature, &request_.traceparent})
    keep(*text);
  for (Header& header : headers_) {
    keep(header.name);
    keep(header.value);
  }
}

void RequestParser::keep(std::string_view& text) {
  if (!text.empty() && lies_in(text, input_)) text = own_.emplace_back(text);
}

void RequestParser::note(View name, View value) {
  if (headers_.size() < kMostHeaders) headers_.push_back({view(name), view(value)});
}

void RequestParser::on_request_impl(beast::http::verb verb, View method, View target, int version, Error& error) {
  // Some take what follows it for a tunnel's bytes, others for a body and more requests.
  if (verb == beast::http::verb::connect) error = beast::http::error::bad_method;
  request_.method = view(method);
  request_.target = view(target);
  request_.version = version;
}

// Beast joins a value's lines in memory of its own, or skips to the first one that isn't empty.
bool RequestParser::is_folded(std::string_view name, std::string_view value) const {
  if (!lies_in(value, input_)) return true;
  const char* const behind_name = name.data() + name.size();
  return std::find(behind_name, value.data(), '\n') != value.data();
}

void RequestParser::on_field_impl(field name, View name_text, View value, Error& error) {
  if (is_folded(view(name_text), view(value))) {
    error = beast::http::error::bad_field;
    return;
  }
  if (is_header_done()) return ignore(name_text.size() + value.size(), error);
  const auto first = [&](std::string_view& wanted) {
    if (wanted.data() == nullptr) wanted = view(value);
  };
  switch (name) {
    case field::transfer_encoding:
      // Beast refuses a second one, and one beside a Content-Length. What it doesn't know it would read without a body.
      if (request_.version < 11 || !beast::iequals(value, "chunked")) error = beast::http::error::bad_transfer_encoding;
      break;
    case field::content_length:
      // Beast takes a second one with the same number, and a list of them.
      if (std::exchange(has_length_, true) || value.find(',') != View::npos)
        error = beast::http::error::bad_content_length;
      break;
    case field::host:
      ++request_.hosts;
      break;
    case field::expect:
      request_.expects = true;
      break;
    case field::content_type:
      first(request_.content_type);
      break;
    case field::unknown:
      if (beast::iequals(name_text, "webhook-id"))
        first(request_.webhook_id);
      else if (beast::iequals(name_text, "webhook-timestamp"))
        first(request_.webhook_timestamp);
      else if (beast::iequals(name_text, "webhook-signature"))
        first(request_.webhook_signature);
      else if (beast::iequals(name_text, "traceparent"))
        first(request_.traceparent);
      else
        note(name_text, value);
      break;
    default:
      note(name_text, value);
      break;
  }
}

// RFC 9112 §7.1.1 allows blanks in extensions, and readers disagree about them: llhttp takes none. No platform sends
// any.
void RequestParser::on_chunk_header_impl(std::uint64_t, View extensions, Error& error) {
  if (extensions.find_first_of(" \t") != View::npos) error = beast::http::error::bad_chunk_extension;
  ignore(extensions.size(), error);
}

void RequestParser::ignore(size_t bytes, Error& error) {
  ignored_ += bytes;
  if (ignored_ > most_header_bytes_) error = beast::http::error::header_limit;
}

void RequestParser::on_body_init_impl(const boost::optional<std::uint64_t>& length, Error&) {
  length_ = length.value_or(0);
}

// A body that came as a whole is not copied.
std::size_t RequestParser::on_body_impl(View body, Error&) {
  if (body_.empty() && body.size() == length_)
    request_.body = view(body);
  else
    append_body(body);
  return body.size();
}

std::size_t RequestParser::on_chunk_body_impl(std::uint64_t, View body, Error&) {
  append_body(body);
  return body.size();
}

void RequestParser::append_body(View part) {
  if (body_.empty()) body_.reserve(length_);
  body_.append(part.data(), part.size());
  request_.body = body_;
}

Framing::Framing(uint32_t most_header_bytes, uint64_t most_body_bytes)
    : most_header_bytes_(most_header_bytes),
      most_body_bytes_(most_body_bytes) {}

void Framing::next() {
  parser_.emplace(most_header_bytes_, most_body_bytes_, headers_);
  continued_ = false;
  pending_ = std::exchange(behind_, {});
  begun_ = !pending_.empty();
  if (begun_) parse(pending_);
}

void Framing::take(std::string_view bytes) {
  if (bytes.empty()) return;
  begun_ = true;
  parse(pending_.empty() ? bytes : std::string_view(pending_.append(bytes)));
}

void Framing::parse(std::string_view input) {
  boost::system::error_code error;
  std::string left(input.substr(parser_->put(input, error)));
  if (error) refusal_ = refusal_of(error);
  // All that a parser leaves is a line it hasn't seen the end of: of headers, which it limits itself, of a chunk's
  // head, or trailers.
  if (!done() && left.size() > most_header_bytes_) refusal_ = Refusal::headers_too_large;
  if (done()) {
    behind_ = std::move(left);
  } else {
    parser_->keep();
    pending_.swap(left);
  }
}

bool Framing::owes_continue() {
  const bool waits = !continued_ && parser_->header_complete() && parser_->request().expects;
  continued_ |= waits;
  return waits;
}

}  // namespace wxpipe::ingest::http
