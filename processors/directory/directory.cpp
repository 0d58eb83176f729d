#include "processors/directory/directory.hpp"

#include <algorithm>
#include <array>
#include <set>

#include "processors/follower/change.hpp"
#include "processors/json_members.hpp"
#include "processors/text.hpp"

namespace wxpipe::processors {
namespace {
using schemas::DirectoryChanged;

enum Rank { kTold = 0, kRenewed = 10, kBegins = 20, kEnds = 30 };

struct Meaning {
  std::string_view type, kind, change, state;
  Rank rank;
};
// Contacts are below: what changes a relation is the follower step's to say.
constexpr std::array kMeanings{
    Meaning{"member.created", "member", "created", "present", kBegins},
    Meaning{"member.updated", "member", "updated", "", kTold},
    Meaning{"member.deleted", "member", "deleted", "removed", kEnds},
    Meaning{"department.created", "department", "created", "present", kBegins},
    Meaning{"department.updated", "department", "updated", "", kTold},
    Meaning{"department.deleted", "department", "deleted", "removed", kEnds},
    Meaning{"customer_tag.created", "tag", "created", "present", kBegins},
    Meaning{"customer_tag.updated", "tag", "updated", "", kTold},
    Meaning{"customer_tag.shuffled", "tag", "shuffled", "", kTold},
    Meaning{"customer_tag.deleted", "tag", "deleted", "removed", kEnds},
    Meaning{"member_tag.updated", "member_tag", "updated", "", kTold},
    Meaning{"group.created", "group", "created", "present", kBegins},
    Meaning{"group.updated", "group", "updated", "", kTold},
    Meaning{"group.renamed", "group", "renamed", "", kTold},
    Meaning{"group.notice_changed", "group", "notice_changed", "", kTold},
    Meaning{"group.owner_changed", "group", "owner_changed", "", kTold},
    Meaning{"group.member_joined", "group", "member_joined", "", kTold},
    Meaning{"group.member_left", "group", "member_left", "", kTold},
    Meaning{"group.dismissed", "group", "dismissed", "removed", kEnds},
    Meaning{"authorization.granted", "authorization", "granted", "granted", kBegins},
    Meaning{"authorization.updated", "authorization", "updated", "granted", kRenewed},
    Meaning{"authorization.revoked", "authorization", "revoked", "revoked", kEnds},
    Meaning{"authorization.reset", "authorization", "reset", "", kTold},
    Meaning{"authorization.special_granted", "authorization", "special_granted", "", kTold},
    Meaning{"authorization.special_revoked", "authorization", "special_revoked", "", kTold},
    Meaning{"authorization.structure_granted", "authorization", "structure_granted", "", kTold},
    Meaning{"authorization.migration_agreed", "authorization", "migration_agreed", "", kTold},
};

// Parts of keys. No real id is longer.
constexpr size_t kLongestId = 512;
// A callback names at most some hundreds of members or tags.
constexpr size_t kMostOfOneEvent = 10'000;

// What leads to the row, or is no property of it.
constexpr std::array<std::string_view, 26> kNoProperties{"account_title",
                                                         "menu_name",
                                                         "channel",
                                                         "timestamp",
                                                         "SuiteId",
                                                         "AuthCorpId",
                                                         "ServiceCorpId",
                                                         "TimeStamp",
                                                         "AppId",
                                                         "UserID",
                                                         "ExternalUserID",
                                                         "ChatId",
                                                         "Id",
                                                         "TagId",
                                                         "MemChangeList",
                                                         "AddUserItems",
                                                         "DelUserItems",
                                                         "AddPartyItems",
                                                         "DelPartyItems",
                                                         "NewUserID",
                                                         "AuthorizerAppid",
                                                         "AuthorizationCodeExpiredTime",
                                                         "UpdateDetail",
                                                         "LastMemVer",
                                                         "CurMemVer",
                                                         "AgentID"};
constexpr std::array<std::string_view, 2> kOurs{"state", "change"};

template <size_t Size>
bool is_one_of(const std::array<std::string_view, Size>& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

// The members that are properties: without ids, our own words, and what is sealed.
Members properties(Members members, const std::set<std::string_view>& others) {
  std::erase_if(members, [&](const Member& each) {
    return others.contains(each.name) || is_one_of(kNoProperties, each.name) || is_one_of(kOurs, each.name) ||
           each.json.starts_with("\"sealed:");
  });
  return members;
}

class Changes {
 public:
  explicit Changes(const schemas::Event& event) : event_(event) {}

  void add(std::string_view kind, std::string_view id, std::string_view part, std::string_view change,
           std::string_view state, int rank, Members told) {
    if (id.empty() || changes_.size() == kMostOfOneEvent) return;
    DirectoryChanged one;
    one.kind = kind;
    one.id = head(id, kLongestId);
    one.part = head(part, kLongestId);
    if (!known_.insert(one.kind + '\n' + one.id + '\n' + one.part).second) return;
    one.origin = schemas::origin_of(event_);
    one.change = change;
    one.rank = rank;
    if (!state.empty()) {
      set_text(told, "state", state);
      set_text(told, "change", change);
    }
    one.told = tree_of(told);
    changes_.push_back(std::move(one));
  }

  std::vector<DirectoryChanged> take() && { return std::move(changes_); }

 private:
  const schemas::Event& event_;
  std::vector<DirectoryChanged> changes_;
  std::set<std::string> known_;
};

template <class Visit>
void for_each_of(std::string_view comma_list, Visit&& visit) {
  while (!comma_list.empty()) {
    const auto end = std::min(comma_list.find(','), comma_list.size());
    if (end > 0) visit(comma_list.substr(0, end));
    comma_list.remove_prefix(std::min(end + 1, comma_list.size()));
  }
}

// Names of an instance's tags are their ids too.
void add_named_tags(Changes& changes, std::string_view list) {
  for (const auto& item : items_of(list))
    if (const auto name = text_of(item); !name.empty()) {
      Members told;
      set_text(told, "name", name);
      changes.add("tag", name, "", "used", "", kTold, std::move(told));
    }
}

void add_contact(Changes& changes, const schemas::Event& event, const Members& attributes) {
  const auto relation = follower_change(event);
  if (!relation || !event.type.starts_with("contact.")) return;
  const bool of_instance = event.platform == "instance";
  const auto data = of_instance ? members_of(json_of(attributes, "data")) : attributes;
  changes.add("contact", event.subject, relation->owner, relation->change, relation->state, relation->rank,
              properties(data, {"account", "instance_id", "wxid", "WelcomeCode"}));
  if (of_instance) add_named_tags(changes, json_of(data, "tags"));
}

// Who joined or left: an instance's data.members, the platform's MemChangeList (a list of items, or a text).
void add_group_members(Changes& changes, const schemas::Event& event, const Members& attributes, const Members& data) {
  const bool left = event.type == "group.member_left";
  if (!left && event.type != "group.member_joined" && event.type != "group.created") return;
  const auto add = [&](std::string_view member, Members told) {
    if (member.empty()) return;
    changes.add("group_member", event.subject, member, left ? "left" : "joined", left ? "removed" : "present",
                left ? kEnds : kBegins, std::move(told));
  };
  for (const auto& item : items_of(json_of(data, "members"))) {
    const auto members = members_of(item);
    add(text_of(members, "wxid"), properties(members, {"wxid"}));
  }
  Members how;
  for (const auto* name : {"JoinScene", "QuitScene"})
    if (const auto scene = text_of(attributes, name); !scene.empty()) set_text(how, name, scene);
  const auto list = json_of(attributes, "MemChangeList");
  for_each_of(text_of(list), [&](std::string_view member) { add(member, how); });
  for (const auto& item : items_of(json_of(members_of(list), "Item"))) add(text_of(item), how);
}

void add_tag_holders(Changes& changes, std::string_view tag, const Members& attributes) {
  const auto add = [&](const char* list, std::string_view kind, bool given) {
    for_each_of(text_of(attributes, list), [&](std::string_view who) {
      changes.add("tag_holder", tag, std::string(kind).append(who), given ? "tagged" : "untagged",
                  given ? "present" : "removed", given ? kBegins : kEnds, {});
    });
  };
  add("AddUserItems", "user:", true);
  add("DelUserItems", "user:", false);
  add("AddPartyItems", "department:", true);
  add("DelPartyItems", "department:", false);
}

// The permissions that an authorisation gives or takes, by our names of them.
void set_permission(Members& told, const schemas::Event& event) {
  const auto permission = event.type == "authorization.structure_granted" ? std::string_view("structure")
                          : event.type == "authorization.migration_agreed"
                              ? std::string_view("external_userid_migration")
                              : schemas::attribute(event.attributes, "AuthType");
  if (permission.empty() || !event.type.starts_with("authorization.")) return;
  std::erase_if(told, [](const Member& each) { return each.name == "AuthType"; });
  set_text(told, std::string("permission:").append(head(permission, kLongestId)),
           event.type == "authorization.special_revoked" ? "revoked" : "granted");
}

std::string_view id_of(const schemas::Event& event, std::string_view kind) {
  if (kind == "authorization") return event.tenant;
  if (kind == "department" || kind == "tag") return schemas::attribute(event.attributes, "Id");
  if (kind == "member_tag") return schemas::attribute(event.attributes, "TagId");
  return event.subject;
}
}  // namespace

std::vector<DirectoryChanged> directory_changes(const schemas::Event& event) {
  if (event.category == "message") return {};  // most events, and none of these
  const auto* meaning =
      std::find_if(kMeanings.begin(), kMeanings.end(), [&](const Meaning& each) { return each.type == event.type; });
  if (meaning == kMeanings.end() && !event.type.starts_with("contact.")) return {};
  Changes changes(event);
  const auto attributes = members_of(event.attributes.json());
  if (meaning == kMeanings.end()) {
    add_contact(changes, event, attributes);
    return std::move(changes).take();
  }
  const auto id = id_of(event, meaning->kind);
  if (id.empty()) return {};
  const auto data = event.platform == "instance" ? members_of(json_of(attributes, "data")) : Members();
  auto told = properties(event.platform == "instance" ? data : attributes,
                         {"instance_id", "group_wxid", "members", "JoinScene", "QuitScene", "MemChangeCnt"});
  if (meaning->kind == "authorization") set_permission(told, event);

  const auto new_id =
      meaning->kind == "member" ? schemas::attribute(event.attributes, "NewUserID") : std::string_view();
  if (!new_id.empty() && new_id != id) {
    Members renamed;
    set_text(renamed, "renamed_to", new_id);
    changes.add("member", id, "", "renamed", "removed", kEnds, std::move(renamed));
    set_text(told, "renamed_from", id);
    changes.add("member", new_id, "", "renamed", "present", kBegins, std::move(told));
  } else {
    changes.add(meaning->kind, id, "", meaning->change, meaning->state, meaning->rank, std::move(told));
  }
  if (meaning->kind == "group") add_group_members(changes, event, attributes, data);
  if (meaning->kind == "member_tag") add_tag_holders(changes, id, attributes);
  return std::move(changes).take();
}

std::optional<schemas::TicketTold> ticket_of(const schemas::Event& event) {
  const bool component = event.type == "ticket.component";
  if (!component && event.type != "ticket.suite") return std::nullopt;
  const auto ticket = schemas::attribute(event.attributes, component ? "ComponentVerifyTicket" : "SuiteTicket");
  if (!ticket.starts_with("sealed:")) return std::nullopt;
  return schemas::TicketTold{schemas::origin_of(event), component ? "component" : "suite", std::string(ticket)};
}

}  // namespace wxpipe::processors
