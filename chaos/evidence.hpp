// Reads the evidence into the oracle: the sender's ledger, Postgres's rows, the records of messages.v1. Also tells
// whether the pipeline has come to rest. Throws Unavailable when a server is away.
#pragma once

#include <filesystem>
#include <string>

#include "chaos/oracle.hpp"
#include "common/config/settings.hpp"
#include "common/crypto/sealer.hpp"
#include "common/postgres/connection.hpp"

namespace wxpipe::chaos {

void read_ledger(const std::filesystem::path& file, Oracle& oracle);
void read_rows(postgres::Connection& connection, const crypto::Sealer& sealer, Oracle& oracle);
void read_dead_letters(postgres::Connection& connection, const crypto::Sealer& sealer, Oracle& oracle);
void read_topic(const config::KafkaSettings& kafka, Oracle& oracle);

// What `process` or a sink still has to take, as a text; empty: nothing. Looks from the first stage to the last, so
// that no record can move past unseen.
std::string still_to_take(const config::KafkaSettings& kafka, postgres::Connection& connection);

}  // namespace wxpipe::chaos
