// An Event being built: what all families share. A family reads its words, sets the columns, and says which fields they
// used and what the identity is made of; finish() does the rest. Pure; one Draft per callback.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>

#include "common/result.hpp"
#include "ingest/credentials.hpp"
#include "ingest/document.hpp"
#include "ingest/event_rule.hpp"
#include "ingest/normalize.hpp"
#include "ingest/words.hpp"
#include "schemas/facts/event.hpp"

namespace wxpipe::ingest {

class Draft {
 public:
  Draft(const Document& document, const NormalizeContext& context, std::string_view platform);

  schemas::Event event;  // the family sets its columns

  const Document& document() const { return document_; }
  // The first field under the path, or null.
  const Field* find(std::string_view path) const { return document_.find(path); }
  // Its value without blanks around it, or empty.
  std::string_view value(std::string_view path) const { return trimmed(document_.value(path)); }

  // Stores the field, trimmed, in a column; it is then no attribute. Null is an absent field. A column whose field is
  // to stay an attribute too is set in `event` directly. finish() limits the length of all columns.
  void keep(std::string& column, const Field* field);
  // The same for text that a person wrote: not trimmed, any length.
  void keep_verbatim(std::string& column, const Field* field);
  // The platform's time. Null: it gives none.
  void keep_time(const Field* field);

  // Sets type, subject, content, lists and identity by a table's row; `fallback` is the identity if the row has none.
  void apply(const EventRule& rule, std::string_view fallback);
  // For a word that no table has. The event is timeless if it has no time.
  void set_unknown(std::string_view word);
  // A credential that its field's name doesn't show. It is sealed wherever it stands.
  void hide(std::string_view credential);
  // Paths whose values make up content and identity (EventRule). Looked up later, when all fields are known.
  void set_content(std::string_view paths) { content_paths_ = paths; }
  void identify(std::string_view word, std::string_view paths);
  void identify_by_webhook_id() { identify("webhook", context_.webhook_id.empty() ? kBody : kWebhookId); }

  // Bot messages and webhooks have no time; that is no error.
  void set_timeless() { wants_time_ = false; }
  // What the sender says about when it happened; it stays an attribute. It only orders what one sender tells: an
  // unlikely time, or text that is none, counts as none.
  void keep_stated_time(std::string_view text);
  // A known type must have a sender; without one the callback is rejected.
  void require_sender(const Field* from) { sender_missing_ = from == nullptr; }

  Result<schemas::Event> finish();

 private:
  static constexpr std::string_view kWebhookId = "webhook-id";

  std::optional<Rejection> place_in_time();
  void add_attributes();
  void add_content();
  void keep_body();
  void set_subject(std::string_view path);
  template <class Visit>
  void for_each_value(std::string_view path, Visit&& visit);
  std::string identity();
  std::string_view values_of(std::string_view path, std::string& joined);
  bool append_part(std::string& out, std::string_view path);
  std::array<std::string*, 9> columns();
  void scrub();
  bool is_taken(const Field& field) const;

  const Document& document_;
  const NormalizeContext& context_;
  Seals seals_;
  std::array<const Field*, 12> taken_{};
  size_t taken_count_ = 0;
  std::string_view time_text_, content_paths_, identity_paths_, lists_;
  std::string identity_word_;
  std::optional<Timestamp> platform_time_;
  bool wants_time_ = true, known_ = true, sender_missing_ = false;
  bool needs_own_part_ = false;  // the identity is the table's own, not the family's default
};

}  // namespace wxpipe::ingest
