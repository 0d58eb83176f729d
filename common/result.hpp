// The vocabulary of expected failure. A record that can never succeed is a value (Rejection) and ends as a dead letter;
// a world that is failing right now is an exception (Unavailable) and is waited for. Nothing here throws by itself.
#pragma once

#include <boost/system/result.hpp>
#include <stdexcept>
#include <string>
#include <string_view>

namespace wxpipe {

// Why a record was dead-lettered. Closed: it is a metric label and a column, so add here, in `to_string`, in
// docs/operations.md and in schemas/kafka/dead_letter.schema.json, or nowhere.
enum class Reason {
  undecryptable,  // right signature, but no configured key yields a well-formed plaintext
  nul_byte,       // a NUL inside a decrypted body: Postgres text can't hold it
  invalid_utf8,
  malformed_xml,
  malformed_json,
  doctype,  // no legal callback has one (docs/protocol.md §11); entity tricks end here
  nested_too_deep,
  missing_field,        // readable, but without what every callback of its kind has
  implausible_time,     // CreateTime before 2011 or more than a day ahead
  too_large,            // bigger than a topic or a column takes
  unreadable_record,    // a record on a topic that isn't what its schema says
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

// Somebody else owns what we were writing: give it up at once, without a retry.
class Fenced : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// What the person who started the command has to change (exit code 2).
class UsageError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

[[noreturn]] void throw_exception_from_error(const Rejection& rejection, const boost::source_location& where);

}  // namespace wxpipe
