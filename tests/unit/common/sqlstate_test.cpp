// docs/guarantees.md law 6: SQLSTATE tells bad data from outages (PostgreSQL's manual, appendix A).
#include "common/postgres/sqlstate.hpp"

#include <gtest/gtest.h>

namespace wxpipe::postgres {
namespace {

Verdict verdict(std::string_view sqlstate) { return classify(sqlstate, "whatever the server says"); }

TEST(SqlState, BadDataRejectsItsRow) {
  for (const auto* data : {
           "22001",  // string_data_right_truncation
           "22003",  // numeric_value_out_of_range
           "22008",  // datetime_field_overflow
           "22021",  // character_not_in_repertoire
           "22P02",  // invalid_text_representation
           "22P05",  // untranslatable_character
           "23502",  // not_null_violation
           "23503",  // foreign_key_violation
           "23505",  // unique_violation
           "23514",  // check_violation
           "54000",  // program_limit_exceeded: a value too long for its index
           "P0001",  // raise_exception: a trigger of the table's owner
       })
    EXPECT_EQ(verdict(data), Verdict::reject_row) << data;
}

TEST(SqlState, ABadWorldIsTriedAgain) {
  for (const auto* world : {
           "08000",  // connection_exception
           "08006",  // connection_failure
           "08P01",  // protocol_violation
           "40001",  // serialization_failure
           "40P01",  // deadlock_detected
           "53100",  // disk_full
           "53200",  // out_of_memory
           "53300",  // too_many_connections
           "55006",  // object_in_use
           "55P03",  // lock_not_available
           "57014",  // query_canceled
           "57P01",  // admin_shutdown
           "57P03",  // cannot_connect_now
           "58030",  // io_error
           "25006",  // read_only_sql_transaction: the server became a standby
           "25P03",  // idle_in_transaction_session_timeout
           "25P04",  // transaction_timeout
       })
    EXPECT_EQ(verdict(world), Verdict::retry) << world;
}

// Our own mistakes: no row is to blame, and trying again never helps.
TEST(SqlState, WhatWeDidWrongStopsUs) {
  for (const auto* ours : {
           "0A000",  // feature_not_supported
           "25P02",  // in_failed_sql_transaction
           "28P01",  // invalid_password
           "3D000",  // invalid_catalog_name
           "42501",  // insufficient_privilege
           "42601",  // syntax_error
           "42703",  // undefined_column
           "42P01",  // undefined_table
           "P0002",  // no_data_found
           "XX000",  // internal_error
           "XX001",  // data_corrupted
           "",       // none at all
           "2",      // not even a class
           "99999",  // no class that we know
       })
    EXPECT_EQ(verdict(ours), Verdict::fatal) << ours;
}

TEST(SqlState, AMissingPartitionIsToldFromOtherChecksByItsWords) {
  EXPECT_EQ(classify("23514", "no partition of relation \"messages\" found for row"), Verdict::missing_partition);
  EXPECT_EQ(classify("23514", "new row for relation \"messages\" violates check constraint \"picky\""),
            Verdict::reject_row);
  EXPECT_EQ(classify("23505", "no partition of relation \"messages\" found for row"), Verdict::reject_row);
}

TEST(SqlState, SaysWhichAnswersEndTheConnection) {
  for (const auto* over : {"08000", "08006", "57P01", "57P02", "57P03", "57P05", "25P03", "25P04", "25006"}) {
    EXPECT_TRUE(ends_connection(over)) << over;
    EXPECT_EQ(verdict(over), Verdict::retry) << over << ": on a new connection";
  }
  for (const auto* goes_on : {"57014", "40001", "40P01", "53100", "55P03", "22021", "23505", "42601", ""})
    EXPECT_FALSE(ends_connection(goes_on)) << goes_on;
}

TEST(SqlState, EachRejectionHasAReason) {
  EXPECT_EQ(reason_of("54000"), Reason::too_large);
  for (const auto* value : {"22001", "22003", "22021", "22P05"})
    EXPECT_EQ(reason_of(value), Reason::invalid_value) << value;
  for (const auto* constraint : {"23502", "23503", "23505", "23514", "P0001"})
    EXPECT_EQ(reason_of(constraint), Reason::constraint_violation) << constraint;
}

}  // namespace
}  // namespace wxpipe::postgres
