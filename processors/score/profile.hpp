// What a lead form tells about a person, under names of our own: contact_name, contact_phone, contact_wechat,
// contact_email, company_name, province, city, utm_source … whatever case or nesting the sender used.
#pragma once

#include "schemas/facts/event.hpp"

namespace wxpipe::processors {

// Empty for everything but forms.
schemas::Attributes profile_of(const schemas::Event& event);

}  // namespace wxpipe::processors
