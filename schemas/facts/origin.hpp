// What every fact has that a step makes from an event (processors/step.hpp).
#pragma once

#include "schemas/facts/event.hpp"

namespace wxpipe::schemas {

inline constexpr std::string_view kPlatformsAndUs = "wechat open_platform wework bot instance channel wxpipe";

struct Origin {
  Uuid event_id;
  std::string platform, account, tenant, subject, event_type;
  Timestamp occurred_at, received_at;
  bool timeless = false;
  Timestamp stated_at;
  std::string receipt, trace_id;
  bool operator==(const Origin&) const = default;
};
Origin origin_of(const Event& event);

// Whether a fact is made from an event by a step.
template <class Fact>
concept Concluded = requires(const Fact& fact) {
  Origin(fact.origin);
};

// Differences between tables.
struct OriginWords {
  std::string_view subject;
  std::string_view occurred_at = "When, by the platform's clock";
  bool null_if_empty = false;  // for tenant and subject; false where they are part of a key
  bool own_too = false;        // wxpipe's own happenings too: platform "wxpipe", perhaps without an account
  bool newest_wins = false;    // the table has what orders its rows: wxpipe.told_at(occurred_at, timeless, stated_at)
};

// `Member` is the Origin in the fact's struct.
template <auto Member>
constexpr auto origin_fields(const OriginWords& words) {
  auto tenant =
      field<Member, &Origin::tenant>("tenant", "The authorised account; empty where there is none").unless_empty();
  auto subject = field<Member, &Origin::subject>("subject", words.subject).like("oABCD1234567890abcdefghijklmn");
  auto platform = field<Member, &Origin::platform>("platform", "Who told us").words(kPlatforms).like("wechat");
  auto account =
      field<Member, &Origin::account>("account", "The account's name in the configuration").required().like("shop");
  if (words.own_too) {
    platform = field<Member, &Origin::platform>("platform", "Who told us").words(kPlatformsAndUs).like("wechat");
    account = field<Member, &Origin::account>("account", "The account's name in the configuration").like("shop");
  }
  auto timeless =
      field<Member, &Origin::timeless>("timeless", "The platform gives no time for this kind of event").unless_empty();
  auto stated_at = field<Member, &Origin::stated_at>("stated_at", kStatedAt).optional();
  if (!words.newest_wins) {
    timeless = timeless.no_column();
    stated_at = stated_at.no_column();
  }
  if (words.null_if_empty) {
    tenant = tenant.null_if_empty().means("The authorised account; null where there is none");
    subject = subject.null_if_empty();
  }
  return fields(
      field<Member, &Origin::event_id>("event_id", "The row of messages it came from")
          .required()
          .like("01934f2a-7e48-8c4e-9b1f-5a0c7d21e3b4"),
      field<Member, &Origin::receipt>("receipt", "Custody: receipt of the callback")
          .optional()
          .like("edge-1/01JD4Z8K/42"),
      field<Member, &Origin::event_type>("event_type", "The event's type, as in messages.type").like("menu.clicked"),
      platform, account, tenant, subject,
      field<Member, &Origin::occurred_at>("occurred_at", words.occurred_at)
          .required()
          .like("2024-11-20T06:00:33.000000Z"),
      field<Member, &Origin::received_at>("received_at", "When it was received").like("2024-11-20T06:00:33.412907Z"),
      timeless, stated_at,
      field<Member, &Origin::trace_id>("trace_id", "W3C trace id")
          .optional()
          .pattern(kTraceIdForm)
          .like("4bf92f3577b34da6a3ce929d0e0e4736"));
}

}  // namespace wxpipe::schemas
