#include "operate/rule_case.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <fstream>
#include <sstream>
#include <utility>

#include "common/config/nearest.hpp"
#include "common/config/toml_value.hpp"
#include "common/result.hpp"
#include "ingest/document.hpp"

namespace wxpipe::operate {
namespace {
namespace fs = std::filesystem;
using Form = RuleCase::Form;

constexpr std::array kBodies{std::pair{"body.xml", Form::xml}, std::pair{"body.json", Form::json},
                             std::pair{"body.form", Form::form}};
constexpr Timestamp kUsualArrival{std::chrono::seconds(1'736'928'002)};  // 2025-01-15T08:00:02Z

std::string read(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  if (!file) throw UsageError(fmt::format("{}: can't be read", path.string()));
  return text.str();
}

// Two seconds after the time that the platform gives in the body, in seconds.
Timestamp usual_arrival(std::string_view body) {
  const auto document = ingest::parse_document(body);
  if (!document) return kUsualArrival;
  for (const auto* const name : {"CreateTime", "TimeStamp", "create_time"}) {
    const auto text = document->value(name);
    int64_t seconds = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
    constexpr int64_t kFarAway = 10'000'000'000;
    if (!text.empty() && error == std::errc() && seconds > 0 && seconds < kFarAway)
      return Timestamp(std::chrono::seconds(seconds + 2));
  }
  return kUsualArrival;
}

void read_toml(const fs::path& path, RuleCase& found) {
  toml::table table;
  try {
    table = toml::parse_file(path.string());
  } catch (const toml::parse_error& error) {
    throw UsageError(
        fmt::format("{}: {}", to_string(config::place_of(path.string(), error.source())), error.description()));
  }
  constexpr std::array<std::string_view, 4> kKeys{"account", "tenant", "webhook_id", "received_at"};
  for (const auto& [key, node] : table) {
    const auto place = to_string(config::place_of(path.string(), node.source()));
    if (std::ranges::find(kKeys, key.str()) == kKeys.end())
      throw UsageError(fmt::format("{}: unknown key {}; the nearest known one is {}", place, key.str(),
                                   config::nearest(key.str(), kKeys)));
    const auto text = node.value<std::string>();
    if (!text) throw UsageError(fmt::format("{}: {}: expected a text in quotes", place, key.str()));
    if (key == "account") found.account = *text;
    if (key == "tenant") found.tenant = *text;
    if (key == "webhook_id") found.webhook_id = *text;
    if (key == "received_at" && !parse_iso8601(*text, found.received_at))
      throw UsageError(fmt::format("{}: received_at: write it like 2025-01-15T08:00:02Z", place));
  }
}

RuleCase read_case(const fs::path& folder, const fs::path& root) {
  RuleCase found;
  found.folder = folder;
  found.name = folder == root ? folder.filename().string() : fs::relative(folder, root).string();
  int bodies = 0;
  for (const auto& [name, form] : kBodies)
    if (fs::exists(folder / name)) {
      ++bodies;
      found.body = read(folder / name);
      found.form = form;
    }
  if (bodies > 1) throw UsageError(fmt::format("{}: has more than one body; keep one", folder.string()));
  found.received_at = usual_arrival(found.body);
  if (fs::exists(folder / "case.toml")) read_toml(folder / "case.toml", found);
  if (found.webhook_id.empty()) found.webhook_id = "msg_" + found.name;
  if (fs::exists(found.expected_file())) found.expected = read(found.expected_file());
  return found;
}

bool has_body(const fs::path& folder) {
  return std::ranges::any_of(kBodies, [&](const auto& body) { return fs::exists(folder / body.first); });
}
}  // namespace

std::vector<RuleCase> read_cases(const fs::path& root) {
  if (!fs::is_directory(root)) throw UsageError(fmt::format("{}: is no folder", root.string()));
  std::vector<fs::path> folders;
  if (has_body(root)) folders.push_back(root);
  for (const auto& entry : fs::recursive_directory_iterator(root))
    if (entry.is_directory() && has_body(entry.path())) folders.push_back(entry.path());
  std::ranges::sort(folders);
  std::vector<RuleCase> cases;
  for (const auto& folder : folders) cases.push_back(read_case(folder, root));
  if (cases.empty())
    throw UsageError(fmt::format("{}: no folder in it has a body.xml, body.json or body.form", root.string()));
  return cases;
}

}  // namespace wxpipe::operate
