// What a lead form says about a person, under our own names: contact_name, contact_phone, contact_wechat,
// contact_email, company_name, province, city, utm_source … The sender's spelling and nesting don't matter
// (schemas/contact_names.hpp).
#pragma once

#include "schemas/facts/event.hpp"

namespace wxpipe::processors {

// Empty for everything but forms.
schemas::Attributes profile_of(const schemas::Event& event);

}  // namespace wxpipe::processors
