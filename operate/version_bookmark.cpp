#include "operate/version_bookmark.hpp"

#include "common/clock.hpp"
#include "common/result.hpp"
#include "common/runtime/stop_wait.hpp"
#include "operate/bookmarks.hpp"

namespace wxpipe::operate {
namespace {
using namespace std::chrono_literals;

class VersionBookmarkRole final : public runtime::Role {
 public:
  explicit VersionBookmarkRole(const runtime::RoleContext& context) : context_(context) {}

  std::string_view name() const override { return "version_bookmark"; }

  void run(std::stop_token stop) override {
    const auto began = system_clock().now();
    while (!stop.stop_requested() && !set(began)) runtime::wait(stop, 10s);
    while (!stop.stop_requested()) runtime::wait(stop, 1h);
  }

 private:
  // It knows only the time: it needs no broker. The first process that runs this version sets it.
  bool set(Timestamp began) {
    try {
      postgres::Connection connection(context_.settings.postgres.url, "wxpipe bookmark", postgres::Purpose::sink);
      set_bookmark(connection, {"started-" WXPIPE_VERSION, began, "wxpipe"}, Existing::keep);
      return true;
    } catch (const Unavailable&) {  // the sink says so itself
      return false;
    } catch (const postgres::SqlError&) {  // the schema isn't there yet: the same
      return false;
    }
  }

  const runtime::RoleContext context_;
};
}  // namespace

std::unique_ptr<runtime::Role> make_version_bookmark_role(const runtime::RoleContext& context) {
  return std::make_unique<VersionBookmarkRole>(context);
}

}  // namespace wxpipe::operate
