// What an event tells of who somebody is. Some of it links: two people with the same value are one person, because the
// platform says so (openid, union id, external user id in one corporation) or because they said so themselves (the
// phone in a form). The rest describes them, or is a hint for people who decide (a phone somebody wrote in a chat may
// be a friend's). Pure.
#pragma once

#include <vector>

#include "schemas/facts/identity_told.hpp"

namespace wxpipe::processors {

// profile: what the event tells of a lead (processors/score/profile.hpp), which is read there.
std::vector<schemas::IdentityTold> identities_told(const schemas::Event& event, const schemas::Attributes& profile);

}  // namespace wxpipe::processors
