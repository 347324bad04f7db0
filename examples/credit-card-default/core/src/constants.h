#pragma once

constexpr const char* kTarget = "default_payment_next_month";
