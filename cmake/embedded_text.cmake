# wxpipe_embed_text(<variable> <namespace> <function> <file>): a text file as a source file, whose path goes to
# <variable>. It defines std::string_view <namespace>::<function>(), so that the binary needs no file at run time.
function(wxpipe_embed_text variable namespace function file)
  set(input ${CMAKE_SOURCE_DIR}/${file})
  set(output ${CMAKE_CURRENT_BINARY_DIR}/embedded_${function}.cpp)
  add_custom_command(OUTPUT ${output}
    COMMAND ${CMAKE_COMMAND} -DINPUT=${input} -DNAMESPACE=${namespace} -DFUNCTION=${function} -DOUTPUT=${output}
      -P ${CMAKE_SOURCE_DIR}/cmake/embed_text.cmake
    DEPENDS ${input} ${CMAKE_SOURCE_DIR}/cmake/embed_text.cmake VERBATIM)
  set(${variable} ${output} PARENT_SCOPE)
endfunction()
