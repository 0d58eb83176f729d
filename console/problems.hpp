// An exception as an answer: one sentence with the right status. Pure.
#pragma once

#include <exception>

#include "common/result.hpp"
#include "console/http.hpp"

namespace wxpipe::console {

Problem problem_of(const std::exception& error);

// Runs it; a server that is away is named in the Problem.
template <class Work>
auto at_postgres(Work&& work) -> decltype(work()) {
  try {
    return work();
  } catch (const Unavailable& error) {
    throw Problem(503, "postgres_away", error.what(), "Callbacks are taken all the same. `wxpipe doctor` says more.");
  }
}

template <class Work>
auto at_kafka(Work&& work) -> decltype(work()) {
  try {
    return work();
  } catch (const Unavailable& error) {
    throw Problem(503, "kafka_away", error.what(),
                  "Callbacks wait in the spools meanwhile, if there are any. `wxpipe doctor` says more.");
  }
}

}  // namespace wxpipe::console
