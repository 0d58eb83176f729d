// An Event in the making: what all families share. A family reads its words, sets the columns, says which fields they
// took and what the event's identity is made of; finish() does the rest. Pure; one Draft per callback.
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

  schemas::Event event;  // whose columns the family assigns

  const Document& document() const { return document_; }
  // The first field under the path, or null.
  const Field* find(std::string_view path) const { return document_.find(path); }
  // Its value without blanks around it, or empty.
  std::string_view value(std::string_view path) const { return trimmed(document_.value(path)); }

  // Makes the field a column: trimmed, and no attribute any more. Null is an absent field. Columns that fields name
  // besides being attributes are assigned to the event; finish() bounds them all.
  void keep(std::string& column, const Field* field);
  // The same for what a person wrote: as it is, and of any length.
  void keep_verbatim(std::string& column, const Field* field);
  // The platform's time. Null: it gives none.
  void keep_time(const Field* field);

  // By a table's row; `fallback` is the family's identity where the row has none.
  void apply(const EventRule& rule, std::string_view fallback);
  // A word that no table has. Without a time it is timeless.
  void set_unknown(std::string_view word);
  // A credential that no field's name tells: sealed wherever it stands.
  void hide(std::string_view credential);
  // Paths whose values make up content and identity (EventRule), looked up when all fields are known.
  void set_content(std::string_view paths) { content_paths_ = paths; }
  void identify(std::string_view word, std::string_view paths);
  void identify_by_webhook_id() { identify("webhook", kWebhookId); }

  // Bot messages and webhooks: no time, and none is missed.
  void set_timeless() { wants_time_ = false; }
  // A type of the tables has a sender.
  void require_sender(const Field* from) { sender_missing_ = from == nullptr; }

  Result<schemas::Event> finish();

 private:
  static constexpr std::string_view kWebhookId = "webhook-id";

  std::optional<Rejection> place_in_time();
  void add_attributes();
  void add_content();
  std::string identity() const;
  std::string_view values_of(std::string_view path, std::string& joined) const;
  void append_part(std::string& out, std::string_view path) const;
  std::array<std::string*, 9> columns();
  void scrub();
  bool is_taken(const Field& field) const;

  const Document& document_;
  const NormalizeContext& context_;
  Seals seals_;
  std::array<const Field*, 12> taken_{};
  size_t taken_count_ = 0;
  std::string_view time_text_, content_paths_, identity_paths_;
  std::string identity_word_;
  std::optional<Timestamp> platform_time_;
  bool wants_time_ = true, known_ = true, sender_missing_ = false, cut_ = false;
};

}  // namespace wxpipe::ingest
