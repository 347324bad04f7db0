#include "slipway/gateway/attempt_limiter.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <algorithm>

namespace slipway::gateway {
namespace {

// Whoever has one IPv6 address has its /64; IPv4 in IPv6 clothes is IPv4.
std::string NetworkOf(std::string_view address) {
  std::string text(address.substr(0, address.find('%')));
  in6_addr v6{};
  if (inet_pton(AF_INET6, text.c_str(), &v6) != 1) return text;
  if (IN6_IS_ADDR_V4MAPPED(&v6)) return text.substr(text.rfind(':') + 1);
  return std::string(reinterpret_cast<const char*>(v6.s6_addr), 8);
}

}  // namespace

std::string AttemptLimiter::KeyOf(std::string_view endpoint, std::string_view address) {
  return std::string(endpoint) + '\n' + NetworkOf(address);
}

std::chrono::seconds AttemptLimiter::Wait(std::string_view endpoint, std::string_view address, Time now) {
  if (size_.load(std::memory_order_relaxed) == 0) return {};
  const std::string key = KeyOf(endpoint, address);
  Shard& shard = ShardOf(key);
  const std::lock_guard lock(shard.mutex);
  const auto found = shard.entries.find(key);
  if (found == shard.entries.end() || found->second.free_at <= now) return {};
  return std::chrono::ceil<std::chrono::seconds>(found->second.free_at - now);
}

void AttemptLimiter::Failed(std::string_view endpoint, std::string_view address, Time now) {
  std::string key = KeyOf(endpoint, address);
  Shard& shard = ShardOf(key);
  const std::lock_guard lock(shard.mutex);
  if (!shard.entries.contains(key)) MakeRoom(shard, now);
  const auto [place, is_new] = shard.entries.try_emplace(std::move(key));
  if (is_new) size_.fetch_add(1, std::memory_order_relaxed);
  Entry& entry = place->second;
  if (entry.last_failure + limits_.forgotten_after < now) entry.failures = 0;
  entry.last_failure = now;
  const int excess = ++entry.failures - limits_.free_failures;
  if (excess < 0) return;
  constexpr int kDoublingsMax = 20;
  entry.free_at = now + std::min(limits_.longest_wait, limits_.first_wait * (1 << std::min(excess, kDoublingsMax)));
}

void AttemptLimiter::Succeeded(std::string_view endpoint, std::string_view address) {
  if (size_.load(std::memory_order_relaxed) == 0) return;
  const std::string key = KeyOf(endpoint, address);
  Shard& shard = ShardOf(key);
  const std::lock_guard lock(shard.mutex);
  size_.fetch_sub(shard.entries.erase(key), std::memory_order_relaxed);
}

void AttemptLimiter::MakeRoom(Shard& shard, Time now) {
  if (shard.entries.size() < std::max<size_t>(1, limits_.entries_max / kShards)) return;
  size_t gone = std::erase_if(
      shard.entries, [&](const auto& item) { return item.second.last_failure + limits_.forgotten_after < now; });
  if (gone == 0) {
    shard.entries.erase(shard.entries.begin());
    gone = 1;
  }
  size_.fetch_sub(gone, std::memory_order_relaxed);
}

}  // namespace slipway::gateway
