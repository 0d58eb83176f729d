// The statements that store a fact, written out of its columns, and a family's merges out of its .sql file. Texts only.
// Pure.
//
// A family's .sql file holds statements, each behind a line that says what it is:
//
//   --@ leads_upsert over fresh counts leads
//   insert into leads … select … from facts f … on conflict … do update set …
//
//   over fresh|all   what `facts` is: the batch's rows that were not there before, or all of them
//   of FACT          of the family's other fact; else of its first
//   when repeated    only if some of the rows were there before
//   counts TABLE     how many rows it wrote is counted in wxpipe_sink_rows_total as TABLE's
//   ledger COLUMN    it is an insert, and each row inserted is counted in that column of wxpipe.ledger
//
// `facts` has the fact's columns that the statement names as f.<column>; texts sort by their bytes. :family and :writer
// are who writes.
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
  bool in_table = true;  // else only merges see it
};

// A statement that was written at run time, and is prepared under its name.
struct NamedSql {
  std::string name, sql;
  postgres::Statement statement() const { return {name.c_str(), sql.c_str()}; }
};

struct MergeStatement : NamedSql {  // $1 … $n: the columns, then family and writer where it names them
  std::vector<size_t> columns;      // those that it names, as arrays
  std::string_view fact;            // empty: the family's first
  std::string_view table;           // whose rows are counted; empty: none
  bool only_fresh = false, when_repeated = false;
  bool says_family = false, says_writer = false;

  bool wants(size_t column) const { return std::binary_search(columns.begin(), columns.end(), column); }
};

// The .sql files of sinks/<family>, for facts of these columns. Throws std::logic_error on one that can't be read.
std::vector<MergeStatement> merges_of(std::string_view family, std::string_view fact,
                                      std::span<const ColumnInfo> columns);

// copy <table> (…) from stdin (format binary)
std::string copy_statement(const schemas::Table& table, std::span<const ColumnInfo> columns);

// Inserts arrays of the table's columns, leaves out rows that are there.
// Behind the arrays: family, writer. Answers how many were fresh, and counts them in the ledger.
NamedSql insert_statement(const schemas::Table& table, std::span<const ColumnInfo> columns);
// Only the arrays. Answers the keys of those that were fresh, as append_key spells them.
NamedSql insert_returning_keys(const schemas::Table& table, std::span<const ColumnInfo> columns);

}  // namespace wxpipe::sinks
