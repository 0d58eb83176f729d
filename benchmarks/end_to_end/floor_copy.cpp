// The floor for the sink: COPY of the same rows into the same tables in the same batches, in binary form, to the parent
// table, one transaction per batch. Nothing else: no offsets, no duplicates, no ledger.
//   floor_copy DATABASE_URL SEED COUNT BATCH
// The rows are those of a day's traffic (support/day.hpp) without its repeats.
// The rows are made before the clock starts. A fifth of COUNT is for warming up; then it prints "measuring". At the end
// it prints JSON: the rate and its own CPU per row.
#include <fmt/format.h>
#include <libpq-fe.h>
#include <sys/resource.h>

#include <chrono>
#include <cstdlib>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "benchmarks/support/day.hpp"
#include "benchmarks/support/events.hpp"
#include "common/postgres/copy_rows.hpp"
#include "processors/steps.hpp"

namespace {
using namespace wxpipe;

struct Finish {
  void operator()(PGconn* connection) const { PQfinish(connection); }
};
using Connection = std::unique_ptr<PGconn, Finish>;

void execute(PGconn* connection, const char* sql, ExecStatusType expected) {
  PGresult* result = PQexec(connection, sql);
  const auto status = PQresultStatus(result);
  PQclear(result);
  if (status != expected) throw std::runtime_error(fmt::format("{}: {}", sql, PQerrorMessage(connection)));
}

constexpr const char* kCopy =
    "copy messages (event_id, occurred_at, received_at, normaliser, timeless, platform, account, tenant, category, type, "
    "msg_type, event, change_type, msg_id, identity, subject, sender, recipient, conversation, content, reply, attributes, "
    "body, receipt, trace_id) from stdin (format binary)";
constexpr int16_t kColumns = 25;

void append_row(postgres::CopyRows& rows, const schemas::Event& event) {
  rows.begin_row(kColumns);
  rows.add_uuid(event.id);
  rows.add_time(event.occurred_at);
  rows.add_time(event.received_at);
  rows.add_int4(event.normaliser);
  rows.add_boolean(event.timeless);
  rows.add_text(event.platform);
  rows.add_text(event.account);
  rows.add_text_or_null(event.tenant);
  rows.add_text(event.category);
  rows.add_text(event.type);
  for (const auto* value :
       {&event.msg_type, &event.event, &event.change_type, &event.msg_id, &event.identity, &event.subject,
        &event.sender, &event.recipient, &event.conversation, &event.content, &event.reply})
    rows.add_text_or_null(*value);
  std::string json;
  schemas::append_json(json, event.attributes);
  rows.add_jsonb(json);
  rows.add_text(event.raw);
  rows.add_text_or_null(event.receipt);
  rows.add_text_or_null(event.trace_id);
}

double cpu_seconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}
}  // namespace

int main(int argc, char** argv) {
  if (argc != 5) {
    fmt::print(stderr, "usage: floor_copy DATABASE_URL SEED COUNT BATCH\n");
    return 2;
  }
  try {
    const auto count = static_cast<uint64_t>(std::atoll(argv[3]));
    const auto batch = static_cast<size_t>(std::atol(argv[4]));
    const auto steps = processors::make_steps(benchmarks::processing_settings());
    const auto now = std::chrono::floor<std::chrono::seconds>(system_clock().now());
    benchmarks::Day day(static_cast<uint64_t>(std::atoll(argv[2])), now);
    std::vector<std::string> batches;
    for (uint64_t number = 0; number < count;) {
      postgres::CopyRows rows;
      for (size_t i = 0; i < batch && number < count;) {
        const auto said = day.next(now - std::chrono::milliseconds(count - number));
        auto event = said.resend == simulate::Resend::none ? day.event(said) : std::nullopt;
        if (!event) continue;
        processors::Facts facts;
        for (const auto& step : steps) step.apply(*event, facts);
        append_row(rows, *event);
        ++i;
        ++number;
      }
      batches.emplace_back(rows.finish());
    }

    const Connection connection(PQconnectdb(argv[1]));
    if (PQstatus(connection.get()) != CONNECTION_OK) throw std::runtime_error(PQerrorMessage(connection.get()));
    execute(connection.get(), "set default_toast_compression = 'lz4'", PGRES_COMMAND_OK);
    const size_t warm_up = batches.size() / 5;
    std::chrono::steady_clock::time_point start;
    double cpu = 0;
    for (size_t i = 0; i < batches.size(); ++i) {
      if (i == warm_up) {
        fmt::print("measuring\n");
        std::fflush(stdout);
        start = std::chrono::steady_clock::now();
        cpu = cpu_seconds();
      }
      execute(connection.get(), kCopy, PGRES_COPY_IN);
      if (PQputCopyData(connection.get(), batches[i].data(), static_cast<int>(batches[i].size())) != 1 ||
          PQputCopyEnd(connection.get(), nullptr) != 1)
        throw std::runtime_error(PQerrorMessage(connection.get()));
      while (PGresult* result = PQgetResult(connection.get())) {
        const auto status = PQresultStatus(result);
        PQclear(result);
        if (status != PGRES_COMMAND_OK) throw std::runtime_error(PQerrorMessage(connection.get()));
      }
    }
    const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    const auto rows = static_cast<double>((batches.size() - warm_up) * batch);
    fmt::print(R"({{"rows":{:.0f},"seconds":{:.3f},"rate":{:.0f},"cpu_us":{:.2f}}})"
               "\n",
               rows, seconds, rows / seconds, (cpu_seconds() - cpu) * 1e6 / rows);
  } catch (const std::exception& error) {
    fmt::print(stderr, "floor_copy: {}\n", error.what());
    return 1;
  }
}
