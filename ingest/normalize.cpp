#include "ingest/normalize.hpp"

#include "ingest/words.hpp"

namespace wxpipe::ingest {

Result<schemas::Event> normalize(const Document& document, NormalizeContext context) {
  const AccountRules& kind = rules(context.account.kind);
  if (context.tenant.empty() && !kind.tenant.in_body.empty())
    context.tenant = trimmed(document.value(kind.tenant.in_body));
  return kind.normalize(document, context);
}

}  // namespace wxpipe::ingest
