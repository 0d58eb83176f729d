#include "ingest/senders/incoming.hpp"

#include <simdjson.h>

#include <algorithm>

#include "common/json/write.hpp"
#include "ingest/query.hpp"
#include "ingest/words.hpp"

namespace wxpipe::ingest::senders {
namespace {

namespace ondemand = simdjson::ondemand;

// More than any real form has.
constexpr size_t kMostFormParameters = 1024;

bool equal_ignoring_case(std::string_view left, std::string_view right) {
  return std::equal(left.begin(), left.end(), right.begin(), right.end(),
                    [](char a, char b) { return lower(a) == lower(b); });
}

bool is_blank(std::string_view text) { return trimmed(text).empty(); }

// False: it isn't well-formed, or has too many. In a form a + is a blank.
bool read_parameters(std::string_view raw, bool is_form, size_t most,
                     std::vector<std::pair<std::string, std::string>>& out) {
  const auto decoded = [&](std::string_view text, std::string& to) {
    std::string plain(text);
    if (is_form) std::replace(plain.begin(), plain.end(), '+', ' ');
    std::string scratch;
    scratch.reserve(plain.size());
    std::string_view shown;
    if (!decode_percent(plain, scratch, shown)) return false;
    to = shown;
    return true;
  };
  while (!raw.empty()) {
    const std::string_view pair = raw.substr(0, raw.find('&'));
    raw.remove_prefix(std::min(raw.size(), pair.size() + 1));
    if (pair.empty()) continue;
    const size_t equals = std::min(pair.find('='), pair.size());
    if (out.size() == most) return false;
    auto& [name, value] = out.emplace_back();
    if (!decoded(pair.substr(0, equals), name) || !decoded(pair.substr(std::min(equals + 1, pair.size())), value))
      return false;
  }
  return true;
}

// A text without its quotes, or another scalar as it is written.
bool scalar(ondemand::value value, std::string& out) {
  ondemand::json_type type;
  if (value.type().get(type)) return false;
  if (type == ondemand::json_type::string) {
    std::string_view text;
    if (value.get_string().get(text)) return false;
    out = text;
    return true;
  }
  if (type != ondemand::json_type::number && type != ondemand::json_type::boolean) return false;
  out = trimmed(value.raw_json_token());
  return true;
}

// Walks down the dotted names from a document or a value.
template <class From>
bool walk(From& from, std::string_view path, ondemand::value& out) {
  const size_t dot = std::min(path.find('.'), path.size());
  if (from.find_field_unordered(path.substr(0, dot)).get(out)) return false;
  if (dot == path.size()) return true;
  ondemand::value inner = out;
  return walk(inner, path.substr(dot + 1), out);
}

// items[key=phone].value
bool select(std::string_view path, std::string_view text, std::string& selected) {
  const size_t open = path.find('['), equals = path.find('=', open), close = path.find("].", equals);
  if (close == std::string_view::npos) return false;
  const std::string_view list = path.substr(0, open), key = path.substr(open + 1, equals - open - 1),
                         wanted = path.substr(equals + 1, close - equals - 1), rest = path.substr(close + 2);
  const simdjson::padded_string padded(text);
  ondemand::parser parser;
  ondemand::document document;
  ondemand::value items;
  ondemand::array array;
  if (parser.iterate(padded).get(document) || !walk(document, list, items) || items.get_array().get(array))
    return false;
  for (auto item : array) {
    ondemand::object object;
    ondemand::value value;
    std::string said;
    if (item.get_object().get(object)) return false;
    if (object.find_field_unordered(key).get(value) || !scalar(value, said) || said != wanted) continue;
    return walk(object, rest, value) && scalar(value, selected);
  }
  return false;
}

}  // namespace

std::optional<Refusal> Incoming::read_query() {
  if (!read_parameters(callback_.query, /*is_form=*/false, kMostParameters, query_)) return Refusal::bad_request;
  for (size_t i = 0; i < query_.size(); ++i)
    for (size_t j = 0; j < i; ++j)
      if (query_[i].first == query_[j].first) return Refusal::duplicate_parameter;
  return std::nullopt;
}

bool Incoming::is_form() {
  constexpr std::string_view kForm = "application/x-www-form-urlencoded";
  const auto type = trimmed(callback_.content_type.substr(0, callback_.content_type.find(';')));
  const auto body = trimmed(callback_.body);
  return equal_ignoring_case(type, kForm) && !body.starts_with('{') && !body.starts_with('[');
}

const Incoming::Parameters& Incoming::form() {
  if (form_ == nullptr) {
    form_ = std::make_unique<Parameters>();
    if (!is_form() || !read_parameters(callback_.body, /*is_form=*/true, kMostFormParameters, *form_)) form_->clear();
  }
  return *form_;
}

bool Incoming::form_is_readable() { return !form().empty() || is_blank(callback_.body); }

std::string Incoming::form_as_json() {
  std::string out = "{";
  for (const auto& [name, value] : form()) {
    if (out.size() > 1) out += ',';
    json::append_string(out, name);
    out += ':';
    json::append_string(out, value);
  }
  return out += '}';
}

const Document* Incoming::json() {
  // Nothing is proven yet, so what isn't JSON isn't parsed.
  constexpr std::string_view kMark = "\xEF\xBB\xBF";
  auto body = callback_.body;
  if (body.starts_with(kMark)) body.remove_prefix(kMark.size());
  body = trimmed(body);
  if (json_ == nullptr)
    json_ = body.starts_with('{') || body.starts_with('[')
                ? std::make_unique<Result<Document>>(parse_document(callback_.body))
                : std::make_unique<Result<Document>>(Rejection{Reason::malformed_json, "the body isn't JSON"});
  return *json_ && (*json_)->format() == DocumentFormat::json ? &**json_ : nullptr;
}

std::string_view Incoming::whole_form() {
  Parameters sorted = form();
  std::sort(sorted.begin(), sorted.end());
  for (const auto& [name, value] : sorted) {
    if (name == left_out_ || is_blank(value)) continue;
    if (!whole_form_.empty()) whole_form_ += '&';
    whole_form_.append(name).append(1, '=').append(value);
  }
  return whole_form_;
}

Incoming::Value Incoming::only(const Parameters& parameters, std::string_view name) {
  Value value;
  for (const auto& parameter : parameters) {
    if (parameter.first != name) continue;
    if (value.found()) return {Value::Outcome::repeated};
    value = {Value::Outcome::found, parameter.second};
  }
  return value;
}

// A header that the callback has in a place of its own. Null data: it is none of these, or isn't there.
std::string_view Incoming::own_header(std::string_view name) const {
  for (const auto& [own, value] :
       {std::pair<std::string_view, std::string_view>{"content-type", callback_.content_type},
        {"webhook-id", callback_.webhook_id},
        {"webhook-timestamp", callback_.webhook_timestamp},
        {"webhook-signature", callback_.webhook_signature}})
    if (equal_ignoring_case(own, name)) return value;
  return {};
}

Incoming::Value Incoming::value(const Part& part) {
  Value value;
  switch (part.from) {
    case Part::From::query:
      return only(query_, part.name);
    case Part::From::form:
      return only(form(), part.name);
    case Part::From::header:
      if (const auto own = own_header(part.name); own.data() != nullptr) return {Value::Outcome::found, trimmed(own)};
      for (const Header& header : callback_.headers) {
        if (!equal_ignoring_case(header.name, part.name)) continue;
        if (value.found()) return {Value::Outcome::repeated};
        value = {Value::Outcome::found, trimmed(header.value)};
      }
      return value;
    case Part::From::json:
      if (const Document* const document = json())
        for (const Field& field : document->fields()) {
          if (field.path != part.name) continue;
          if (value.found()) return {Value::Outcome::repeated};
          value = {Value::Outcome::found, field.value};
        }
      return value;
    case Part::From::body:
      return {Value::Outcome::found, callback_.body};
    case Part::From::whole_form:
      if (form().empty()) return {};
      return {Value::Outcome::found, whole_form_.empty() ? whole_form() : std::string_view(whole_form_)};
    case Part::From::text:
      return {Value::Outcome::found, part.name};
    case Part::From::secret:
    case Part::From::document:
      break;
  }
  return {};
}

std::optional<std::string_view> value_at(std::string_view path, const Document& document, std::string_view text,
                                         std::string& selected) {
  if (path.find('[') != std::string_view::npos && select(path, text, selected)) return selected;
  const Field* const field = document.find(path);
  if (field == nullptr || is_blank(field->value)) return std::nullopt;
  return trimmed(field->value);
}

}  // namespace wxpipe::ingest::senders
