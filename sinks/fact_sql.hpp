// Makes the SQL that stores a fact, from its columns, and a family's merges, from its .sql file. Only texts. Pure.
//
// A family's .sql file has statements, each after a heading line:
//
//   --@ leads_upsert over fresh counts leads
//   insert into leads … select … from facts f … on conflict … do update set …
//
//   over fresh|repeated|all   `facts` is: the batch's rows that are new, those that existed before, or all of them
//   of FACT          `facts` has this fact of the family; default: its first
//   counts TABLE     the rows it writes are counted in wxpipe_sink_rows_total as TABLE's
//   ledger COLUMN    it is an insert; each inserted row is counted in that column of wxpipe.ledger
//
// `facts` has the fact's columns that the statement names as f.<column>; texts sort by bytes. :family and :writer name
// the writing sink. In `do update set`, @first_and_last(ROW, FIRST, LAST) keeps the least FIRST, the greatest LAST, and
// the trace ids that belong to them; ROW is the alias of the row that is there.
#pragma once

#include <algorithm>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "common/postgres/connection.hpp"
#include "common/postgres/sql_array.hpp"
#include "schemas/fact.hpp"

namespace wxpipe::sinks {

struct ColumnInfo {
  std::string_view name;
  postgres::ElementType type;
  bool in_table = true;  // false: only merges see it
};

// A statement that is made at run time and prepared under its name.
struct NamedSql {
  std::string name, sql;
  postgres::Statement statement() const { return {name.c_str(), sql.c_str()}; }
};

struct MergeStatement : NamedSql {  // $1 … $n: the columns, then family and writer if it uses them
  std::vector<size_t> columns;      // the columns it uses, as arrays
  std::string_view fact;            // empty: the family's first
  std::string_view table;           // whose rows are counted; empty: none
  enum class Over { fresh, repeated, all };
  Over over = Over::all;
  bool says_family = false, says_writer = false;

  bool wants(size_t column) const { return std::binary_search(columns.begin(), columns.end(), column); }
};

// The .sql files of sinks/<family>, for facts of these columns. Throws std::logic_error on one that can't be read.
std::vector<MergeStatement> merges_of(std::string_view family, std::string_view fact,
                                      std::span<const ColumnInfo> columns);

// The tables that the statements of sinks/<family> insert into, or that they count rows of.
std::vector<std::string> tables_merged_by(std::string_view family);

// copy <table> (…) from stdin (format binary)
std::string copy_statement(const schemas::Table& table, std::span<const ColumnInfo> columns);

// Arrays of the columns of the table's key, in the order of `columns`. Returns which of these rows exist: their
// numbers, from 1 on. Each is looked up by its full key: `offset 0` leaves the planner no other way.
NamedSql find_statement(const schemas::Table& table, std::span<const ColumnInfo> columns);
// Inserts arrays of the table's columns; leaves out rows that exist already. Returns the keys of new rows, in the form
// of append_key.
NamedSql insert_statement(const schemas::Table& table, std::span<const ColumnInfo> columns);

}  // namespace wxpipe::sinks
