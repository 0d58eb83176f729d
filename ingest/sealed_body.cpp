#include "ingest/sealed_body.hpp"

#include <vector>

#include "common/json/write.hpp"
#include "ingest/cdata.hpp"
#include "ingest/json_text.hpp"
#include "ingest/words.hpp"
#include "ingest/xml_text.hpp"

namespace wxpipe::ingest {
namespace {

// A seal is longer than the text it hides. No real callback grows by more than this.
constexpr size_t kMostGrowth = 64 * 1024;
constexpr std::string_view kCdata = "<![CDATA[", kCdataEnd = "]]>";

// Goes through markup that the parser has accepted. All text between two tags is one run: plain text, CDATA and
// comments, joined as the parser joins them.
class XmlSealer {
 public:
  XmlSealer(std::string_view body, Seals& seals) : body_(body), masked_(body), seals_(seals) {
    mask_cdata(masked_.data(), masked_.size());
  }

  std::string sealed() {
    out_.reserve(body_.size() + 256);
    while (at_ < body_.size()) {
      if (body_[at_] != '<') {
        add_text(body_.find('<', at_));
      } else if (begins("<!--")) {
        add_other(behind("-->", at_ + 4));
      } else if (begins(kCdata)) {
        add_cdata();
      } else if (begins("<?") || begins("<!")) {
        add_other(behind(">", at_ + 2));
      } else {
        finish_run();
        tag();
      }
    }
    finish_run();
    return std::move(out_);
  }

 private:
  enum class Kind { text, cdata, other };
  struct Piece {
    Kind kind;
    std::string_view written, inner;
  };

  bool begins(std::string_view mark) const { return body_.substr(at_, mark.size()) == mark; }
  size_t behind(std::string_view mark, size_t from) const {
    const size_t found = masked_.find(mark, std::min(from, body_.size()));
    return found == std::string_view::npos ? body_.size() : found + mark.size();
  }

  void add(Kind kind, size_t end, std::string_view inner) {
    run_.push_back({kind, body_.substr(at_, end - at_), inner});
    at_ = end;
  }
  void add_text(size_t end) {
    end = std::min(end, body_.size());
    add(Kind::text, end, body_.substr(at_, end - at_));
  }
  void add_other(size_t end) { add(Kind::other, end, {}); }
  void add_cdata() {
    const size_t from = at_ + kCdata.size(), end = behind(kCdataEnd, from);
    add(Kind::cdata, end, body_.substr(from, end - std::min(end, from + kCdataEnd.size())));
  }

  std::string_view masked(std::string_view piece) const {
    return std::string_view(masked_).substr(static_cast<size_t>(piece.data() - body_.data()), piece.size());
  }

  std::string joined() const {
    std::string text;
    for (const Piece& piece : run_) {
      const size_t from = text.size();
      text += piece.inner;
      if (piece.kind == Kind::cdata) text.resize(from + unmask_cdata(masked(piece.inner), text.data() + from));
      if (piece.kind == Kind::text && piece.inner.find('&') != std::string_view::npos)
        text.resize(from + resolve_xml_references(text.data() + from, text.size() - from).size);
    }
    return text;
  }

  void finish_run() {
    if (run_.empty()) return;
    const std::string text = joined();
    const std::string_view inner = trimmed(text);
    if (sealed_depth_ != 0) {
      if (inner.empty())
        write_comments_only();
      else
        write_instead(seals_.seal(inner));
    } else if (!inner.empty() && seals_.shows(text)) {
      std::string scrubbed = text;
      seals_.scrub(scrubbed);
      write_instead(scrubbed);
    } else {
      for (const Piece& piece : run_) out_ += piece.written;
    }
    run_.clear();
  }

  void write_comments_only() {
    for (const Piece& piece : run_)
      if (piece.kind != Kind::other) out_ += piece.written;
  }

  // Puts the text in place of the run's first non-blank piece, in CDATA if that was. Blanks around it stay.
  void write_instead(std::string_view text) {
    bool written = false;
    for (const Piece& piece : run_) {
      const std::string_view inner = trimmed(piece.inner);
      if (piece.kind == Kind::other || inner.empty()) {
        if (piece.kind != Kind::other) out_ += piece.written;
        continue;
      }
      if (written) continue;
      written = true;
      const auto offset = static_cast<size_t>(inner.data() - piece.inner.data());
      // Scrubbed text keeps the blanks around it. A seal has none, so the old blanks are written around it.
      const bool keeps_blanks = trimmed(text).size() == text.size();
      const auto before = keeps_blanks ? piece.inner.substr(0, offset) : std::string_view();
      const auto after = keeps_blanks ? piece.inner.substr(offset + inner.size()) : std::string_view();
      if (piece.kind == Kind::cdata) {
        out_.append(kCdata).append(before);
        append_cdata(text);
        out_.append(after).append(kCdataEnd);
      } else {
        out_ += before;
        append_escaped(text);
        out_ += after;
      }
    }
  }

  void append_cdata(std::string_view text) {
    for (size_t end = text.find(kCdataEnd); end != std::string_view::npos; end = text.find(kCdataEnd)) {
      out_.append(text.substr(0, end)).append("]]]]><![CDATA[>");
      text.remove_prefix(end + kCdataEnd.size());
    }
    out_ += text;
  }
  void append_escaped(std::string_view text) {
    for (const char c : text) {
      if (c == '<')
        out_ += "&lt;";
      else if (c == '&')
        out_ += "&amp;";
      else if (c == '>')
        out_ += "&gt;";
      else
        out_ += c;
    }
  }

  void tag() {
    size_t end = at_ + 1;
    for (char quote = 0; end < body_.size(); ++end) {
      const char c = body_[end];
      if (quote != 0)
        quote = c == quote ? '\0' : quote;
      else if (c == '"' || c == '\'')
        quote = c;
      else if (c == '>')
        break;
    }
    end = std::min(end + 1, body_.size());
    const std::string_view tag = body_.substr(at_, end - at_);
    out_ += tag;
    at_ = end;
    if (tag.starts_with("</")) {
      if (depth_ == sealed_depth_) sealed_depth_ = 0;
      --depth_;
    } else if (!tag.ends_with("/>")) {
      ++depth_;
      const std::string_view name = tag.substr(1, std::min(tag.find_first_of(" \t\r\n>", 1), tag.size()) - 1);
      if (sealed_depth_ == 0 && depth_ > 1 && is_credential(name)) sealed_depth_ = depth_;
    }
  }

  std::string_view body_;
  std::string masked_;  // the same, so that each `]]>` ends a section
  Seals& seals_;
  std::string out_;
  std::vector<Piece> run_;
  size_t at_ = 0;
  int depth_ = 0, sealed_depth_ = 0;  // depth_ of the credential's element that we are in; 0: none
};

// Goes through JSON that the parser has accepted.
class JsonSealer {
 public:
  JsonSealer(std::string_view body, Seals& seals) : body_(body), seals_(seals) {}

  std::string sealed() {
    out_.reserve(body_.size() + 256);
    while (at_ < body_.size()) {
      const char c = body_[at_];
      if (c == '"') {
        text();
      } else if (c == '{' || c == '[') {
        open_.push_back({c == '{', credential_});
        key_next_ = c == '{';
        copy(1);
      } else if (c == '}' || c == ']') {
        if (!open_.empty()) open_.pop_back();
        credential_ = !open_.empty() && open_.back().credential;
        key_next_ = false;
        copy(1);
      } else if (c == ',') {
        credential_ = !open_.empty() && open_.back().credential;
        key_next_ = !open_.empty() && open_.back().object;
        copy(1);
      } else if (c == ':' || c == ' ' || c == '\t' || c == '\r' || c == '\n') {
        copy(1);
      } else {
        literal();
      }
    }
    return std::move(out_);
  }

 private:
  struct Open {
    bool object, credential;  // inside a credential's value
  };

  void copy(size_t size) {
    out_ += body_.substr(at_, size);
    at_ += size;
  }

  void text() {
    size_t end = at_ + 1;
    while (end < body_.size() && body_[end] != '"') end += body_[end] == '\\' ? 2 : 1;
    end = std::min(end, body_.size());
    std::string decoded(body_.substr(at_ + 1, end - at_ - 1));
    if (decoded.find('\\') != std::string::npos)
      decoded.resize(resolve_json_escapes(decoded.data(), decoded.size()).size);
    const size_t size = std::min(end + 1, body_.size()) - at_;
    if (key_next_) {
      key_next_ = false;
      credential_ = credential_ || is_credential(trimmed(decoded));
      write(size, decoded);
    } else if (credential_ && !trimmed(decoded).empty()) {
      replace(size, seals_.seal(trimmed(decoded)));
    } else {
      write(size, decoded);
    }
  }

  void literal() {
    const size_t end = std::min(body_.find_first_of(",]} \t\r\n:", at_), body_.size());
    const std::string_view word = body_.substr(at_, std::max<size_t>(1, end - at_));
    if (credential_ && word != "null")
      replace(word.size(), seals_.seal(word));
    else
      copy(word.size());
  }

  // As it is, unless a credential shows in it.
  void write(size_t size, std::string& decoded) {
    if (!seals_.shows(decoded)) return copy(size);
    seals_.scrub(decoded);
    replace(size, decoded);
  }
  void replace(size_t size, std::string_view instead) {
    json::append_string(out_, instead);
    at_ += size;
  }

  std::string_view body_;
  Seals& seals_;
  std::string out_;
  std::vector<Open> open_;
  size_t at_ = 0;
  bool key_next_ = false, credential_ = false;
};

bool proven(std::string_view body, const Seals& seals) {
  if (seals.shows(body)) return false;
  const Result<Document> document = parse_document(body);
  if (!document) return false;
  for (const Field& field : document->fields()) {
    if (seals.shows(field.value) || seals.shows(field.path)) return false;
    const std::string_view value = trimmed(field.value);
    if (!value.empty() && is_credential(field.path) && !value.starts_with(kSealPrefix)) return false;
  }
  return true;
}

}  // namespace

std::string seal_body(std::string_view body, DocumentFormat format, Seals& seals) {
  std::string sealed =
      format == DocumentFormat::xml ? XmlSealer(body, seals).sealed() : JsonSealer(body, seals).sealed();
  seals.scrub(sealed);  // for names, attributes and comments
  const bool fine = !seals.overflowed() && sealed.size() <= body.size() + kMostGrowth && proven(sealed, seals);
  return fine ? sealed : seals.seal_whole(body);
}

std::string seal_letter(std::string_view text, const crypto::Sealer& sealer) {
  // Seals that were there before must not be opened later, so they are hidden in another one.
  if (text.find(kSealPrefix) != std::string_view::npos) return sealer.seal(text);
  const Result<Document> document = parse_document(text);
  if (!document) return may_hold_credential(text) ? sealer.seal(text) : std::string(text);
  Seals seals(sealer);
  for (const Field& field : document->fields()) {
    if (const auto value = trimmed(field.value); !value.empty() && is_credential(field.path)) seals.seal(value);
    if (const auto code = query_auth_code(field.value); !code.empty()) seals.seal(code);
  }
  if (seals.empty()) return std::string(text);
  std::string sealed = seal_body(text, document->format(), seals);
  return sealer.open_all(sealed) == text ? sealed : sealer.seal(text);
}

}  // namespace wxpipe::ingest
