// InstanceTold: an instance told of itself or of one of its logins: a heartbeat, a change of status, a profile. It is
// merged into `instances`, a row for the instance (login is empty) and for each login, and into `instance_health`, a
// row for each instance and day. Everything there is a least, a greatest, an "or", or the newest value of a field, so
// no row of its own is kept: the journal has each callback.
#pragma once

#include "schemas/facts/origin.hpp"

namespace wxpipe::schemas {

struct InstanceTold {
  Origin origin;
  std::string login;
  AttributeTree told;
  bool operator==(const InstanceTold&) const = default;

  static constexpr std::string_view kName = "instance", kTitle = "InstanceTold";
  static constexpr std::array<std::string_view, 1> kSchemas{"wxpipe.instance.v1"};
  static constexpr std::string_view kMeaning =
      "An instance told of itself or of one of its logins. Of each field in told the value with the greatest (time, "
      "event_id) holds; the time is stated_at. It was alive at occurred_at.";
  static constexpr auto kFields =
      fields(origin_fields<&InstanceTold::origin>({.subject = "Nobody", .only_merged = true}),
             field<&InstanceTold::login>(
                 "login", "The login (wxid) that it tells of; empty where it tells of the instance itself")
                 .unless_empty(),
             field<&InstanceTold::told>("told", "The fields that were told, by the sender's names: status, version …")
                 .unless_empty()
                 .for_merge()
                 .like("status=online;version=4.1;current_accounts=7"));
  static constexpr Table kTable{
      .name = "instances", .key = {"account", "login"}, .ledger = {"", "received_at"}, .filled_by_merge = true};
};

}  // namespace wxpipe::schemas
