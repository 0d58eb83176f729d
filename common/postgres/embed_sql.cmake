# cmake -DINPUTS=a.sql;b.sql -DOUTPUT=x.cpp -P embed_sql.cmake: the numbered SQL files as a C++ array, so that the
# binary needs no files at run time.
set(entries "")
foreach(input IN LISTS INPUTS)
  get_filename_component(name ${input} NAME)
  if(NOT name MATCHES "^([0-9][0-9][0-9][0-9])_[a-z0-9_]+\\.sql$")
    message(FATAL_ERROR "${input}: expected a name like 0007_what_it_does.sql")
  endif()
  math(EXPR version "${CMAKE_MATCH_1}")
  file(READ ${input} sql)
  string(APPEND entries "    {${version}, \"${name}\", R\"wxpipe_sql(${sql})wxpipe_sql\"},\n")
endforeach()
list(LENGTH INPUTS count)
file(WRITE ${OUTPUT} "// Generated from schemas/postgres by common/postgres/embed_sql.cmake.
#include <array>

#include \"common/postgres/migrations.hpp\"

namespace wxpipe::postgres {

std::span<const Migration> embedded_migrations() {
  static constexpr std::array<Migration, ${count}> all{{
${entries}  }};
  return all;
}

}  // namespace wxpipe::postgres
")
