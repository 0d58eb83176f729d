// TicketTold: a platform pushed the ticket that a third-party platform or a suite asks for tokens with. wxpipe.tickets
// keeps the newest one of each account, sealed as it left ingest.
#pragma once

#include "schemas/facts/origin.hpp"

namespace wxpipe::schemas {

struct TicketTold {
  Origin origin;
  std::string kind, ticket;
  bool operator==(const TicketTold&) const = default;

  static constexpr std::string_view kName = "ticket", kTitle = "TicketTold";
  static constexpr std::array<std::string_view, 1> kSchemas{"wxpipe.ticket.v1"};
  static constexpr std::string_view kMeaning =
      "A platform pushed its ticket, which is sealed here. The newest one holds.";
  static constexpr auto kFields =
      fields(origin_fields<&TicketTold::origin>({.subject = "Nobody", .newest_wins = true}),
             field<&TicketTold::kind>("kind", "Whose ticket: component (a third-party platform's), suite")
                 .required()
                 .words("component suite")
                 .like("component"),
             field<&TicketTold::ticket>("ticket", "The ticket, sealed with the key of the sealing process")
                 .required()
                 .like("sealed:v1:AAAA"));
  static constexpr Table kTable{
      .name = "wxpipe.tickets", .key = {"account", "kind"}, .ledger = {"", "received_at"}, .filled_by_merge = true};
};

}  // namespace wxpipe::schemas
