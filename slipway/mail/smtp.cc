#include "slipway/mail/smtp.h"

#include <curl/curl.h>

#include <cstring>
#include <memory>

#include <fmt/format.h>

#include "slipway/base/text.h"

namespace slipway::mail {
namespace {

constexpr long kTimeoutSeconds = 30;

// A header line must stay one line (RFC 5322, 2.2).
bool IsOneLine(std::string_view text) {
  return text.find_first_of("\r\n") == std::string_view::npos;
}

bool IsAddress(std::string_view text) {
  const size_t at = text.find('@');
  return IsOneLine(text) && at != std::string_view::npos && at > 0 && at + 1 < text.size() &&
         text.find_first_of(" <>,;\"") == std::string_view::npos;
}

// Lines end in CR LF; libcurl doubles leading dots itself.
std::string WithNetworkLineEnds(std::string_view text) {
  std::string result;
  for (const std::string_view line : Split(text, '\n')) {
    result += line.ends_with('\r') ? line.substr(0, line.size() - 1) : line;
    result += "\r\n";
  }
  return result;
}

// The subject as an encoded word (RFC 2047), whatever is in it.
std::string Formatted(const Message& message) {
  return fmt::format(
      "From: <{}>\r\nTo: <{}>\r\nSubject: =?UTF-8?B?{}?=\r\nMIME-Version: 1.0\r\n"
      "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n{}",
      message.from, message.to, Base64Encode(message.subject), WithNetworkLineEnds(message.text));
}

struct Upload {
  std::string_view rest;

  static size_t Read(char* into, size_t size, size_t count, void* self) {
    auto& rest = static_cast<Upload*>(self)->rest;
    const size_t bytes = std::min(size * count, rest.size());
    std::memcpy(into, rest.data(), bytes);
    rest.remove_prefix(bytes);
    return bytes;
  }
};

Status Outcome(CURL* curl, CURLcode code, const char* detail) {
  if (code == CURLE_OK) return {};
  long response = 0;
  curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &response);
  const bool is_temporary = code == CURLE_COULDNT_CONNECT || code == CURLE_COULDNT_RESOLVE_HOST ||
                            code == CURLE_OPERATION_TIMEDOUT || (response >= 400 && response < 500);
  return Error(is_temporary ? Code::kUnavailable : Code::kFailedPrecondition,
               fmt::format("the mail could not be sent: {}", *detail ? detail : curl_easy_strerror(code)));
}

}  // namespace

Status Send(const SmtpServer& server, const Message& message) {
  for (const std::string& address : {message.from, message.to})
    if (!IsAddress(address)) return InvalidArgument(fmt::format("'{}' is not a mail address", address));
  const std::unique_ptr<CURL, decltype(&curl_easy_cleanup)> curl(curl_easy_init(), curl_easy_cleanup);
  if (!curl) return Unavailable("libcurl cannot be started");
  const std::unique_ptr<curl_slist, decltype(&curl_slist_free_all)> recipients(
      curl_slist_append(nullptr, fmt::format("<{}>", message.to).c_str()), curl_slist_free_all);
  const std::string text = Formatted(message), from = fmt::format("<{}>", message.from);
  Upload upload{text};
  char detail[CURL_ERROR_SIZE] = "";
  curl_easy_setopt(curl.get(), CURLOPT_URL, server.url.c_str());
  curl_easy_setopt(curl.get(), CURLOPT_PROTOCOLS_STR, "smtp,smtps");
  curl_easy_setopt(curl.get(), CURLOPT_USE_SSL, static_cast<long>(CURLUSESSL_TRY));
  curl_easy_setopt(curl.get(), CURLOPT_TIMEOUT, kTimeoutSeconds);
  curl_easy_setopt(curl.get(), CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(curl.get(), CURLOPT_ERRORBUFFER, detail);
  if (!server.user.empty()) {
    curl_easy_setopt(curl.get(), CURLOPT_USERNAME, server.user.c_str());
    curl_easy_setopt(curl.get(), CURLOPT_PASSWORD, server.password.c_str());
  }
  curl_easy_setopt(curl.get(), CURLOPT_MAIL_FROM, from.c_str());
  curl_easy_setopt(curl.get(), CURLOPT_MAIL_RCPT, recipients.get());
  curl_easy_setopt(curl.get(), CURLOPT_UPLOAD, 1L);
  curl_easy_setopt(curl.get(), CURLOPT_READFUNCTION, Upload::Read);
  curl_easy_setopt(curl.get(), CURLOPT_READDATA, &upload);
  return Outcome(curl.get(), curl_easy_perform(curl.get()), detail);
}

}  // namespace slipway::mail
