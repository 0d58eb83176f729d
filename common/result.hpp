// Types for expected failures. A record that can never succeed is a value (Rejection) and ends as a dead letter. A
// server or disk that fails right now is an exception (Unavailable): we wait and try again. Nothing here throws by
// itself.
#pragma once

#include <boost/system/result.hpp>
#include <stdexcept>
#include <string>
#include <string_view>

namespace wxpipe {

// Why a record was dead-lettered. A closed list, because it is a metric label and a column. A new reason needs a place
// in `to_string`, docs/operations.md and schemas/kafka/dead_letter.schema.json too.
enum class Reason {
  undecryptable,  // right signature, but no configured key yields a well-formed plaintext
  nul_byte,       // a NUL inside a decrypted body: Postgres text can't hold it
  invalid_utf8,
  malformed_xml,
  malformed_json,
  doctype,  // no legal callback has one (docs/protocol.md §11); entity tricks end here
  nested_too_deep,
  missing_field,        // readable, but a field is missing that all callbacks of its kind have
  implausible_time,     // CreateTime before 2011 or more than a day ahead
  too_large,            // larger than a topic or a column allows
  unreadable_record,    // a record on a topic that doesn't fit its schema
  invalid_value,        // SQLSTATE class 22: Postgres can't represent it
  constraint_violation  // SQLSTATE class 23, other than a missing partition
};
inline constexpr int kReasonCount = 13;

std::string_view to_string(Reason reason);

struct Rejection {
  Reason reason;
  std::string detail;  // free text for people; never holds a payload or a secret
  bool operator==(const Rejection&) const = default;
};

template <class T>
using Result = boost::system::result<T, Rejection>;

// A server or a disk that isn't there right now: retry with back-off, pause, never dead-letter.
class Unavailable : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// Another process owns what we were writing: stop at once, without a retry.
class Fenced : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// A mistake that the person who started the command has to correct (exit code 2).
class UsageError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

[[noreturn]] void throw_exception_from_error(const Rejection& rejection, const boost::source_location& where);

}  // namespace wxpipe
