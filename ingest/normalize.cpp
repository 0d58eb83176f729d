// Each kind's callbacks are its family's.
#include "ingest/normalize.hpp"

#include "ingest/bot/normalize.hpp"
#include "ingest/channel/normalize.hpp"
#include "ingest/instance/normalize.hpp"
#include "ingest/open_platform/normalize.hpp"
#include "ingest/wechat/normalize.hpp"
#include "ingest/wework/normalize.hpp"

namespace wxpipe::ingest {

Result<schemas::Event> normalize(const Document& document, const NormalizeContext& context) {
  switch (context.account.kind) {
    case AccountKind::official_account:
    case AccountKind::mini_program:
    case AccountKind::open_platform_messages:
      return wechat::normalize(document, context);
    case AccountKind::open_platform:
      return open_platform::normalize(document, context);
    case AccountKind::wework_app:
    case AccountKind::wework_suite_command:
    case AccountKind::wework_suite_data:
      return wework::normalize(document, context);
    case AccountKind::wework_bot:
      return bot::normalize(document, context);
    case AccountKind::wework_instance:
      return instance::normalize(document, context);
    case AccountKind::channel:
      break;
  }
  return channel::normalize(document, context);
}

}  // namespace wxpipe::ingest
