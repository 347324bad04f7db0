#include "slipway/base/error.h"

#include <cerrno>
#include <cstring>

#include <fmt/format.h>

namespace slipway {

std::string_view CodeName(Code code) {
  switch (code) {
    case Code::kInvalidArgument:
      return "InvalidArgument";
    case Code::kNotFound:
      return "NotFound";
    case Code::kAlreadyExists:
      return "AlreadyExists";
    case Code::kFailedPrecondition:
      return "FailedPrecondition";
    case Code::kConflict:
      return "Conflict";
    case Code::kUnauthenticated:
      return "Unauthenticated";
    case Code::kPermissionDenied:
      return "PermissionDenied";
    case Code::kResourceExhausted:
      return "ResourceExhausted";
    case Code::kUnavailable:
      return "Unavailable";
    case Code::kDeadlineExceeded:
      return "DeadlineExceeded";
    case Code::kCancelled:
      return "Cancelled";
    case Code::kDataLoss:
      return "DataLoss";
    case Code::kUnimplemented:
      return "Unimplemented";
    case Code::kInternal:
      return "Internal";
  }
  return "Internal";
}

std::string SourcePosition::ToString() const {
  std::string text = file;
  if (line > 0) text += fmt::format("{}{}", text.empty() ? "line " : ":", line);
  if (line > 0 && column > 0) text += fmt::format(":{}", column);
  return text;
}

Error::Error(Code code, std::string message)
    : body_(std::make_unique<Body>(Body{code, std::move(message), {}, std::nullopt, {}})) {}

Error::Error(const Error& other) : body_(std::make_unique<Body>(*other.body_)) {}

Error& Error::operator=(const Error& other) {
  if (this != &other) body_ = std::make_unique<Body>(*other.body_);
  return *this;
}

Error Error::With(std::string context) && {
  body_->context.push_back(std::move(context));
  return std::move(*this);
}

Error Error::At(SourcePosition position) && {
  body_->position = std::move(position);
  return std::move(*this);
}

Error Error::Also(std::vector<Error> more) && {
  for (Error& error : more) body_->more.push_back(std::move(error));
  return std::move(*this);
}

std::string Error::ToString() const {
  std::string text;
  if (body_->position) text += body_->position->ToString() + ": ";
  for (auto context = body_->context.rbegin(); context != body_->context.rend(); ++context) text += *context + ": ";
  text += body_->message;
  for (const Error& error : body_->more) text += "\n" + error.ToString();
  return text;
}

Error InvalidArgument(std::string message) {
  return Error(Code::kInvalidArgument, std::move(message));
}
Error NotFound(std::string message) {
  return Error(Code::kNotFound, std::move(message));
}
Error AlreadyExists(std::string message) {
  return Error(Code::kAlreadyExists, std::move(message));
}
Error FailedPrecondition(std::string message) {
  return Error(Code::kFailedPrecondition, std::move(message));
}
Error Unimplemented(std::string message) {
  return Error(Code::kUnimplemented, std::move(message));
}
Error Internal(std::string message) {
  return Error(Code::kInternal, std::move(message));
}
Error Unavailable(std::string message) {
  return Error(Code::kUnavailable, std::move(message));
}
Error DataLoss(std::string message) {
  return Error(Code::kDataLoss, std::move(message));
}

Error FromErrno(int error_number, std::string what) {
  Code code = Code::kInternal;
  switch (error_number) {
    case ENOENT:
    case ENOTDIR:
      code = Code::kNotFound;
      break;
    case EEXIST:
    case ENOTEMPTY:
      code = Code::kAlreadyExists;
      break;
    case EACCES:
    case EPERM:
    case EROFS:
      code = Code::kPermissionDenied;
      break;
    case ENOSPC:
    case EDQUOT:
    case EMFILE:
    case ENFILE:
    case ENOMEM:
    case EFBIG:
      code = Code::kResourceExhausted;
      break;
    case EADDRINUSE:
      code = Code::kFailedPrecondition;
      break;
    case ECONNREFUSED:
    case ECONNRESET:
    case EPIPE:
    case EAGAIN:
    case EBUSY:
      code = Code::kUnavailable;
      break;
    case ETIMEDOUT:
      code = Code::kDeadlineExceeded;
      break;
    case EINVAL:
    case EISDIR:
    case ENAMETOOLONG:
    case ELOOP:
      code = Code::kInvalidArgument;
      break;
    default:
      break;
  }
  return Error(code, fmt::format("{}: {}", what, std::strerror(error_number)));
}

}  // namespace slipway
