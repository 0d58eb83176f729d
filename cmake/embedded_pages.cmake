# wxpipe_embed_pages(<variable> <folder>): all files below the folder as a source file, whose path goes to <variable>.
function(wxpipe_embed_pages variable folder)
  set(root ${CMAKE_SOURCE_DIR}/${folder})
  file(GLOB_RECURSE inputs CONFIGURE_DEPENDS ${root}/*)
  list(SORT inputs)
  set(output ${CMAKE_CURRENT_BINARY_DIR}/embedded_pages.cpp)
  add_custom_command(OUTPUT ${output}
    COMMAND ${CMAKE_COMMAND} -DFOLDER=${root} "-DINPUTS=${inputs}" -DOUTPUT=${output} -P ${CMAKE_SOURCE_DIR}/cmake/embed_pages.cmake
    DEPENDS ${inputs} ${CMAKE_SOURCE_DIR}/cmake/embed_pages.cmake VERBATIM)
  set(${variable} ${output} PARENT_SCOPE)
endfunction()
