// Which database has which family's tables: the main one ([postgres] url), or the one that [postgres.families] names.
// Every database has the same schema. A family's rows, its offsets, its counts in wxpipe.ledger and the dead letters of
// its sink lie together, so that a batch is one transaction. Whoever looks at all rows goes through all databases:
//
//   for (const auto& database : family_databases(settings)) …
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "common/config/settings.hpp"
#include "common/postgres/connection.hpp"
#include "common/postgres/partition_plan.hpp"
#include "common/result.hpp"
#include "schemas/registry.hpp"

namespace wxpipe::sinks {

inline constexpr std::string_view kMainDatabase = "main";

// One database, and the families that lie in it.
struct FamilyDatabase {
  std::string name;     // for people: main, else its families with commas between them
  std::string setting;  // postgres.url, postgres.families.logs
  Secret url;
  std::vector<const schemas::FamilyInfo*> families;  // in the registry's order; the main one may have none

  bool is_main() const { return name == kMainDatabase; }
  bool has(const schemas::FamilyInfo& family) const;
};

// Each database once, the main one first. Throws UsageError for a family that doesn't exist, and for families that one
// statement reads together (schemas/registry.hpp) but that lie in different databases.
std::vector<FamilyDatabase> family_databases(const config::Settings& settings);

// The one that has this family.
FamilyDatabase database_of(const config::Settings& settings, const schemas::FamilyInfo& family);
// The one that has this fact's family. That of the journal, database_of<schemas::Event>, also has the custody marks.
template <class Fact>
FamilyDatabase database_of(const config::Settings& settings) {
  return database_of(settings, schemas::family_of<Fact>());
}

// The partitioned tables that get rows there: those of its families, and audit_logs.
std::vector<postgres::PartitionedTable> partitioned_tables(const FamilyDatabase& database);

// A connection to it. Throws Unavailable and UsageError, with the setting's name.
std::unique_ptr<postgres::Connection> connect(const FamilyDatabase& database, std::string_view application_name,
                                              postgres::Purpose purpose = postgres::Purpose::administration,
                                              const postgres::Schemas& schemas = {});

// The same, and checks that the schema has this program's version. Throws UsageError, too, which says what to run.
std::unique_ptr<postgres::Connection> open(const FamilyDatabase& database, std::string_view application_name,
                                           postgres::Purpose purpose = postgres::Purpose::administration);

// What a connection that answers people's questions runs first: rows are looked up by key, as by the sinks. Else a
// table that autovacuum hasn't seen yet seems so small that it is read as a whole for each row.
inline constexpr std::string_view kReadByIndex =
    "set enable_seqscan = off; set enable_hashjoin = off; set enable_mergejoin = off";

// Connections to all databases, each made when it is first asked for. One thread.
class FamilyConnections {
 public:
  using Open = std::function<std::unique_ptr<postgres::Connection>(const FamilyDatabase&)>;
  // Throws UsageError as family_databases does.
  FamilyConnections(const config::Settings& settings, Open open);
  // session: statements that each connection runs first.
  FamilyConnections(const config::Settings& settings, std::string application_name, std::string session = {});

  const std::vector<FamilyDatabase>& databases() const { return databases_; }

  // Opens it if it isn't open yet. Throws Unavailable and UsageError.
  postgres::Connection& main() { return to(databases_.front()); }
  postgres::Connection& to(const FamilyDatabase& database);
  postgres::Connection& of(const schemas::FamilyInfo& family);
  template <class Fact>
  postgres::Connection& of() {
    return of(schemas::family_of<Fact>());
  }
  // All of them, in the order of databases().
  std::vector<postgres::Connection*> all();

  // Those that can be reached; away: why others can't. Throws Unavailable if none can.
  std::vector<postgres::Connection*> reachable(std::vector<std::string>& away);

  // Asks one of them; why it gives no answer, or empty.
  template <class Ask>
  std::string try_to_ask(const FamilyDatabase& database, Ask&& ask) {
    try {
      ask(to(database));
      return {};
    } catch (const Unavailable& error) {
      forget(database);
      return error.what();
    }
  }

  // It was lost: the next question makes a new one.
  void forget(const FamilyDatabase& database) { connections_.erase(database.name); }
  void forget_all() { connections_.clear(); }

 private:
  const std::vector<FamilyDatabase> databases_;
  const Open open_;
  std::map<std::string, std::unique_ptr<postgres::Connection>> connections_;  // by the database's name
};

}  // namespace wxpipe::sinks
