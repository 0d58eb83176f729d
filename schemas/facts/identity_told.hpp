// IdentityTold: an event told something of who somebody is. A row of identity_links. `identities` and `customers` are
// computed from these rows: who holds the same linking value is the same person (sinks/customers).
#pragma once

#include "schemas/facts/origin.hpp"

namespace wxpipe::schemas {

struct IdentityTold {
  Origin origin;
  Uuid identity_id;  // identity_id(account, tenant, subject)
  std::string kind, value, source;
  bool links = false;
  bool operator==(const IdentityTold&) const = default;

  static constexpr std::string_view kName = "identity", kTitle = "IdentityTold";
  static constexpr std::array<std::string_view, 1> kSchemas{"wxpipe.identity.v1"};
  static constexpr std::string_view kMeaning =
      "An event told something of who somebody is. Identities with the same linking value are one customer.";
  static constexpr auto kFields = fields(
      origin_fields<&IdentityTold::origin>(
          {.subject = "The person, as this account knows them: openid, external user id, phone …",
           .newest_wins = true}),
      field<&IdentityTold::identity_id>("identity_id", "From account, tenant and subject: the row of identities")
          .required()
          .like("7c9e6679-7425-40de-944b-e07fc1f90ae7"),
      field<&IdentityTold::kind>("kind",
                                 "What was told: openid, external_userid, unionid, wxid, phone, email, wechat, name, "
                                 "remark, nickname, company, tags")
          .required()
          .words("openid external_userid unionid wxid phone email wechat name remark nickname company tags")
          .like("phone"),
      field<&IdentityTold::value>("value",
                                  "Its value: ids as they are, external_userid behind its corporation, phones as "
                                  "digits, tags as a JSON list")
          .required()
          .like("13800000000"),
      field<&IdentityTold::source>("source", "Where in the event: subject, field, form, text, contact")
          .words("subject field form text contact")
          .like("form"),
      field<&IdentityTold::links>("links",
                                  "Whether it says who somebody is: others with the same value are the same person. "
                                  "Else it only describes, or is a hint")
          .like("true"));
  static constexpr Table kTable{.name = "identity_links",
                                .key = {"account", "tenant", "subject", "kind", "value", "event_id"}};
};

}  // namespace wxpipe::schemas
