#include "simulate/body.hpp"

#include <fmt/format.h>

#include "common/json/write.hpp"

namespace wxpipe::simulate {
namespace {
// A CDATA section ends at ]]>, so that sequence is split over two sections.
void append_cdata(std::string& out, std::string_view text) {
  constexpr std::string_view kEnd = "]]>";
  out += "<![CDATA[";
  for (size_t at = text.find(kEnd); at != text.npos; at = text.find(kEnd)) {
    out.append(text.substr(0, at)).append("]]]]><![CDATA[>");
    text.remove_prefix(at + kEnd.size());
  }
  out.append(text).append(kEnd);
}
}  // namespace

BodyWriter::BodyWriter(BodyFormat format, std::vector<WantedField>* wanted)
    : format_(format),
      out_(format == BodyFormat::xml ? "<xml>" : "{"),
      wanted_(wanted) {
  out_.reserve(1024);
}

// What is to stand there instead; null: nothing else.
const std::string* BodyWriter::wanted(std::string_view name) {
  if (wanted_ == nullptr) return nullptr;
  std::string path;
  for (const auto above : open_) path.append(above).append(".");
  path += name;
  for (auto& field : *wanted_)
    if (field.path == path) {
      field.written = true;
      return &field.value;
    }
  return nullptr;
}

// Before the innermost open element ends: what is wanted in it and wasn't written yet, with what is nested in that.
void BodyWriter::add_wanted() {
  if (wanted_ == nullptr) return;
  std::string path;
  for (const auto above : open_) path.append(above).append(".");
  for (auto& field : *wanted_) {
    if (field.written || !field.path.starts_with(path)) continue;
    const auto rest = std::string_view(field.path).substr(path.size());
    const auto dot = rest.find('.');
    if (dot == rest.npos) {
      field.written = true;
      write_text(rest, field.value);
    } else {
      open(rest.substr(0, dot));
      close();
    }
  }
}

void BodyWriter::comma() {
  if (out_.back() != '{' && out_.back() != '[') out_ += ',';
}

void BodyWriter::json_name(std::string_view name) {
  comma();
  out_.append("\"").append(name).append("\":");
}

void BodyWriter::open_tag(std::string_view name) { out_.append("<").append(name).append(">"); }
void BodyWriter::close_tag(std::string_view name) { out_.append("</").append(name).append(">"); }

void BodyWriter::text(std::string_view name, std::string_view value) {
  const auto* const instead = wanted(name);
  write_text(name, instead == nullptr ? value : *instead);
}

void BodyWriter::write_text(std::string_view name, std::string_view value) {
  if (format_ == BodyFormat::json) {
    json_name(name);
    json::append_string(out_, value);
    return;
  }
  open_tag(name);
  append_cdata(out_, value);
  close_tag(name);
}

void BodyWriter::bare(std::string_view name, std::string_view number) {
  if (const auto* const instead = wanted(name)) {
    // Only what is a number may stand there without quotes.
    if (instead->empty() || instead->find_first_not_of("0123456789.-") != instead->npos)
      return write_text(name, *instead);
    number = *instead;
  }
  if (format_ == BodyFormat::json) {
    json_name(name);
    out_ += number;
    return;
  }
  open_tag(name);
  out_ += number;
  close_tag(name);
}

void BodyWriter::number(std::string_view name, int64_t value) {
  const fmt::format_int digits(value);
  bare(name, {digits.data(), digits.size()});
}

void BodyWriter::open(std::string_view name) {
  if (format_ == BodyFormat::json) {
    json_name(name);
    out_ += '{';
  } else {
    open_tag(name);
  }
  open_.push_back(name);
}

void BodyWriter::close() {
  add_wanted();
  if (format_ == BodyFormat::json)
    out_ += '}';
  else
    close_tag(open_.back());
  open_.pop_back();
}

void BodyWriter::begin_list(std::string_view name) {
  list_ = name;
  if (format_ == BodyFormat::xml) return;
  json_name(name);
  out_ += '[';
}

void BodyWriter::open_item() {
  if (format_ == BodyFormat::json) {
    comma();
    out_ += '{';
  } else {
    open_tag(list_);
  }
  open_.push_back(list_);
}

void BodyWriter::end_list() {
  if (format_ == BodyFormat::json) out_ += ']';
}

void BodyWriter::text_item(std::string_view value) {
  if (format_ == BodyFormat::xml) return write_text(list_, value);
  comma();
  json::append_string(out_, value);
}

void BodyWriter::number_item(int64_t value) {
  if (format_ == BodyFormat::xml) return number(list_, value);
  comma();
  out_ += fmt::format_int(value).c_str();
}

std::string BodyWriter::finish() {
  add_wanted();
  out_ += format_ == BodyFormat::xml ? "</xml>" : "}";
  return std::move(out_);
}

}  // namespace wxpipe::simulate
