# wxpipe_embed_sql(<variable> <function> <glob>): the SQL files as a source file, whose path goes to <variable>.
function(wxpipe_embed_sql variable function pattern)
  file(GLOB inputs CONFIGURE_DEPENDS ${pattern})
  list(SORT inputs)
  set(output ${CMAKE_CURRENT_BINARY_DIR}/embedded_${function}.cpp)
  add_custom_command(OUTPUT ${output}
    COMMAND ${CMAKE_COMMAND} "-DINPUTS=${inputs}" -DFUNCTION=${function} -DOUTPUT=${output} -P ${CMAKE_SOURCE_DIR}/cmake/embed_sql.cmake
    DEPENDS ${inputs} ${CMAKE_SOURCE_DIR}/cmake/embed_sql.cmake VERBATIM)
  set(${variable} ${output} PARENT_SCOPE)
endfunction()
