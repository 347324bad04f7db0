#include "slipway/workflows/execute/masker.h"

#include <algorithm>

#include <nlohmann/json.hpp>

#include "slipway/base/text.h"

namespace slipway::workflows {
namespace {

// What base64 of a longer text shows of `secret` whatever follows it.
std::string FirmBase64(std::string_view secret) {
  return Base64Encode(secret.substr(0, secret.size() / 3 * 3));
}

std::string JsonEscaped(std::string_view text) {
  const std::string quoted = nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  return quoted.substr(1, quoted.size() - 2);
}

}  // namespace

void Masker::AddForm(std::string form) {
  if (form.empty() || std::find(forms_.begin(), forms_.end(), form) != forms_.end()) return;
  longest_ = std::max(longest_, form.size());
  forms_.push_back(std::move(form));
}

void Masker::Add(std::string_view secret) {
  if (Trim(secret).empty()) return;
  AddForm(std::string(secret));
  if (secret.find('\n') != std::string_view::npos) {
    for (std::string_view line : Split(secret, '\n')) {
      if (line.ends_with('\r')) line.remove_suffix(1);
      if (!Trim(line).empty()) AddForm(std::string(line));
    }
  }
  AddForm(JsonEscaped(secret));
  AddForm(UrlEncode(secret));
  AddForm(HtmlEscape(secret));
  AddForm(ReplaceAll(std::string(secret), "'", "'\\''"));
  AddForm(Base64Encode(secret));
  // Base64 of a text that has the secret behind something ("user:secret") shows one of these.
  for (size_t shift = 0; shift < 3 && secret.size() >= shift + 6; ++shift) AddForm(FirmBase64(secret.substr(shift)));
  if (secret.size() > 2 && secret.front() == '"' && secret.back() == '"')
    AddForm(std::string(secret.substr(1, secret.size() - 2)));
}

std::vector<std::pair<size_t, size_t>> Masker::Find(std::string_view text) const {
  std::vector<std::pair<size_t, size_t>> ranges;
  for (const std::string& form : forms_) {
    for (size_t at = text.find(form); at != std::string_view::npos; at = text.find(form, at + 1))
      ranges.emplace_back(at, at + form.size());
  }
  std::sort(ranges.begin(), ranges.end());
  std::vector<std::pair<size_t, size_t>> merged;
  for (const auto& range : ranges) {
    if (!merged.empty() && range.first <= merged.back().second)
      merged.back().second = std::max(merged.back().second, range.second);
    else
      merged.push_back(range);
  }
  return merged;
}

std::string Masker::Mask(std::string_view text) const {
  std::string masked;
  size_t done = 0;
  for (const auto& [begin, end] : Find(text)) {
    masked += text.substr(done, begin - done);
    masked += "***";
    done = end;
  }
  masked += text.substr(done);
  return masked;
}

size_t Masker::SafeCut(std::string_view text, size_t wanted) const {
  size_t cut = wanted > longest_ ? wanted - longest_ : wanted;
  // A secret that begins before `cut` ends at or before `wanted`, so all such matches are in sight.
  for (const auto& [begin, end] : Find(text))
    if (begin < cut && cut < end) return begin > 0 ? begin : end;
  return cut;
}

}  // namespace slipway::workflows
