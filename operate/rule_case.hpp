// A case of `wxpipe test`: a folder with what a platform sends, and what is expected of it.
//   body.xml, body.json or body.form  what the platform writes, before it signs and encrypts; byte for byte
//   case.toml                         what differs from the usual callback; optional
//   expected.json                     the outcome, as operate/outcome.hpp renders it; a missing key means empty
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "common/clock.hpp"

namespace wxpipe::operate {

struct RuleCase {
  std::filesystem::path folder;
  std::string name;  // the folder, below the one that was asked for
  std::string body;
  enum class Form { xml, json, form } form = Form::xml;
  // Of case.toml.
  std::string account;                  // empty: the only one, or the one that a folder above is named after
  std::string tenant;                   // the authorised account, where several come through one
  std::string webhook_id;               // empty: "msg_" and the case's name
  Timestamp received_at;                // if it isn't said: two seconds after the body's own time
  std::optional<std::string> expected;  // none: there is no such file yet

  std::filesystem::path expected_file() const { return folder / "expected.json"; }
};

// All folders at or below root that have a body, sorted. Throws UsageError that names the file and what to change.
std::vector<RuleCase> read_cases(const std::filesystem::path& root);

}  // namespace wxpipe::operate
