// Who is who, for people: why accounts are thought to be one person's, and their verdict where the rules are wrong. One
// thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "common/clock.hpp"
#include "common/postgres/connection.hpp"

namespace wxpipe::operate {

struct Identity {
  std::string id, account, tenant, subject, customer_id;
  Timestamp first_seen_at, last_seen_at;
};

// Identities with this subject, or that are or were a customer of this id; empty account: of every account.
std::vector<Identity> find_identities(postgres::Connection& connection, std::string_view key, std::string_view account);

// Something told of one of a customer's identities.
struct ToldValue {
  std::string account, subject, kind, value, verdict;
  bool links = false;    // it says who they are
  int64_t holders = 0;   // identities that it links; 21: too many, it joins nobody
  int64_t evidence = 0;  // events that told it
  std::string first_event_id, last_event_id;
  Timestamp first_told_at, last_told_at;
};

// Somebody else of whom the same was told, in a way that doesn't say who they are.
struct Hint {
  std::string kind, value, account, subject, customer_id;
};

struct Customer {
  std::string id, name, phone;
  std::vector<Identity> identities;
  std::vector<ToldValue> values;  // what links comes first
  std::vector<Hint> hints;
};
Customer customer_of(postgres::Connection& connection, const std::string& customer_id);

// refuted: this value says nothing of that identity. confirmed: it does. open: the rules decide again.
struct Judgement {
  Identity identity;
  std::string kind, value, verdict, why;
};
struct Judged {
  bool told = false;                       // there is evidence of the value; else the verdict waits for it
  std::vector<std::string> before, after;  // the customers that it is about
};
// In one transaction, with its row in audit_logs. write: false: what it would do, undone again.
Judged judge(postgres::Connection& connection, const Judgement& judgement, bool write);

}  // namespace wxpipe::operate
