// DirectoryChanged: a callback told something of a contact, member, department, tag, group chat, member of a group
// chat, or account that authorised us. A row of directory_history. `directory` is merged from these rows: of each field
// the value with the greatest (told_at, rank, event_id). told_at: the platform's time, else the sender's
// (wxpipe.told_at).
#pragma once

#include "schemas/facts/origin.hpp"

namespace wxpipe::schemas {

struct DirectoryChanged {
  Origin origin;
  std::string kind, id, part, change;
  int rank = 0;
  AttributeTree told;
  bool operator==(const DirectoryChanged&) const = default;

  static constexpr std::string_view kName = "directory", kTitle = "DirectoryChanged";
  static constexpr std::array<std::string_view, 1> kSchemas{"wxpipe.directory.v1"};
  static constexpr std::string_view kMeaning =
      "Something was told of a contact, member, department, tag, group chat or authorised account. Of each field in "
      "told the value with the greatest (time, rank, event_id) holds; the time is occurred_at, or stated_at for timeless "
      "ones.";
  static constexpr auto kFields = fields(
      origin_fields<&DirectoryChanged::origin>(
          {.subject = "Whom the event is about",
           .occurred_at = "When, by the platform's clock (whole seconds); for instances when it was first received",
           .newest_wins = true}),
      field<&DirectoryChanged::kind>("kind",
                                     "What it is: contact, member, department, tag, member_tag, tag_holder, group, "
                                     "group_member, authorization")
          .required()
          .words("contact member department tag member_tag tag_holder group group_member authorization")
          .like("group_member"),
      field<&DirectoryChanged::id>("id",
                                   "Which one, as its corporation or instance names it; of an authorization the "
                                   "authorised account")
          .required()
          .like("19871@chatroom"),
      field<&DirectoryChanged::part>(
          "part",
          "Of a contact whose it is (the member, or the login of an instance), of a group_member the member, of a "
          "tag_holder who has the tag (user:… or department:…); else empty")
          .unless_empty()
          .like("wxid_a"),
      field<&DirectoryChanged::change>("change", "What happened: added, edited, joined, left, created, deleted …")
          .like("joined"),
      field<&DirectoryChanged::rank>(
          "rank",
          "0: only told of; 10: half begun, or renewed; 20: it begins; 30: it ends. The greater wins at equal times")
          .like("20"),
      field<&DirectoryChanged::told>(
          "told", "The fields that were told, by the sender's names, and our own state and change where these change")
          .unless_empty()
          .like("nickname=王;role=owner;state=present"));
  static constexpr Table kTable{.name = "directory_history",
                                .key = {"account", "kind", "id", "part", "tenant", "event_id"},
                                .partitioning = {By::hash, "account", 8}};
  static constexpr std::array kMergedTables{Table{.name = "directory",
                                                  .key = {"account", "kind", "id", "part", "tenant"},
                                                  .partitioning = {By::hash, "account", 8}}};
};

}  // namespace wxpipe::schemas
