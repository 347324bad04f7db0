#include "slipway/cli/example_data.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "slipway/base/file.h"
#include "slipway/base/hash.h"

namespace slipway::cli {
namespace {

constexpr int kMonths = 6;
constexpr size_t kBatchRows = 80, kInferenceRows = 2000;

// Months overdue: -1 paid in full, 0 revolving, 1 to 8 delayed.
using Delays = std::array<int, kMonths>;

struct Client {
  double credit_limit = 0;
  std::string sex, education, marriage;
  int age = 0;
  Delays delays{};  // [0] is the latest month
  std::array<double, kMonths> bills{}, payments{};
  bool defaults = false;
};

// Numbers from one stream. Only + - * / and functions that IEEE 754 machines agree on to well below a cent are used,
// and every amount is rounded to cents, so the files are the same everywhere.
class Draws {
 public:
  explicit Draws(uint64_t seed) : random_(seed) {}
  double Unit() { return random_.NextUnit(); }
  bool Chance(double probability) { return Unit() < probability; }
  size_t Below(size_t bound) { return random_.NextBelow(bound); }
  // Sum of twelve uniforms: near enough to a normal for made-up data.
  double Normal() {
    double sum = -6;
    for (int i = 0; i < 12; ++i) sum += Unit();
    return sum;
  }

 private:
  SplitMix64 random_;
};

double Cents(double amount) {
  return std::round(amount * 100) / 100;
}

double Logistic(double x) {
  return 1 / (1 + std::exp(-x));
}

std::string DrawEducation(Draws& draws, double wealth) {
  if (draws.Chance(0.016)) return "other";
  const double graduate = Logistic(-0.6 + 0.7 * wealth);
  if (draws.Chance(graduate)) return "graduate_school";
  return draws.Chance(0.74 + 0.05 * wealth) ? "university" : "high_school";
}

std::string DrawMarriage(Draws& draws, int age) {
  if (draws.Chance(0.0125)) return "other";
  return draws.Chance(Logistic((age - 37) / 6.0)) ? "married" : "single";
}

int DelayedMonths(Draws& draws) {
  const double u = draws.Unit();
  if (u < 0.88) return 2;
  if (u < 0.95) return 3;
  if (u < 0.98) return 4;
  return 5 + static_cast<int>(draws.Below(4));
}

// A chain from the oldest month to the latest: what a client did last month he is likely to do again.
Delays DrawDelays(Draws& draws, double trouble, bool pays_in_full) {
  Delays delays{};
  const double start = Logistic(-2.75 + 1.5 * trouble);
  bool late = draws.Chance(start);
  for (int month = kMonths - 1; month >= 0; --month) {
    late = draws.Chance(late ? 0.76 : 0.35 * start);
    if (late)
      delays[month] = DelayedMonths(draws);
    else
      delays[month] = draws.Chance(pays_in_full ? 0.88 : 0.06) ? -1 : 0;
  }
  // The latest month knows a first, short delay; older ones have grown to two months or were paid.
  if (delays[0] <= 0 && draws.Chance(0.10 + 0.05 * Logistic(trouble))) delays[0] = 1;
  return delays;
}

void DrawBills(Draws& draws, Client& client, bool pays_in_full) {
  const double habit = pays_in_full ? 0.06 * std::exp(0.9 * draws.Normal()) : Logistic(-0.5 + 1.3 * draws.Normal());
  double bill = client.credit_limit * std::min(habit, 1.05);
  for (int month = kMonths - 1; month >= 0; --month) {
    bill = std::max(0.0, bill * (1 + 0.12 * draws.Normal()) + client.credit_limit * 0.008);
    const bool unused = pays_in_full && draws.Chance(0.25);
    client.bills[month] = Cents(unused ? 0 : draws.Chance(0.018) ? -bill * 0.02 : bill);
    const double share = client.delays[month] >= 1 ? (draws.Chance(0.6) ? 0 : 0.03)
                         : pays_in_full            ? 0.97
                                                   : 0.035 + 0.02 * std::abs(draws.Normal());
    client.payments[month] = Cents(std::max(0.0, client.bills[month]) * share);
    if (!pays_in_full) bill = std::min(bill, client.credit_limit * 1.1);
  }
}

bool DrawDefault(Draws& draws, const Client& client, double trouble) {
  const int latest = client.delays[0];
  const auto delayed =
      std::count_if(client.delays.begin() + 1, client.delays.end(), [](int delay) { return delay >= 2; });
  double score = -2.15 + 0.35 * trouble - 0.30 * std::log(client.credit_limit / 7000.0);
  if (latest == 1) score += 1.0;
  if (latest >= 2) score += 2.3;
  score += 0.22 * static_cast<double>(delayed);
  if (client.payments[0] > 0.5 * client.bills[0] && client.bills[0] > 0) score -= 0.25;
  if (client.sex == "male") score += 0.12;
  return draws.Chance(Logistic(score));
}

Client DrawClient(Draws& draws) {
  Client client;
  const double wealth = draws.Normal(), trouble = 0.8 * draws.Normal() - 0.45 * wealth;
  const double limit = 6400 * std::exp(0.78 * wealth);
  client.credit_limit = std::clamp(std::round(limit / 500) * 500, 500.0, 50000.0);
  client.sex = draws.Chance(0.604) ? "female" : "male";
  client.education = DrawEducation(draws, wealth);
  const double years = std::abs(draws.Normal()) * 12 + std::abs(draws.Normal()) * 7 + 0.5;
  client.age = std::min(79, 21 + static_cast<int>(years));
  client.marriage = DrawMarriage(draws, client.age);
  const bool pays_in_full = draws.Chance(Logistic(-0.75 + 0.5 * wealth));
  client.delays = DrawDelays(draws, trouble, pays_in_full);
  DrawBills(draws, client, pays_in_full);
  client.defaults = DrawDefault(draws, client, trouble);
  return client;
}

std::string DelayName(int delay) {
  if (delay < 0) return "duly_paid";
  if (delay == 0) return "no_delay";
  return delay == 1 ? "delay_1_month" : fmt::format("delay_{}_months", delay);
}

// Twice as many delays, and limits and bills a third higher.
void Drift(Draws& draws, std::vector<Client>& clients) {
  for (int month = 0; month < kMonths; ++month) {
    std::vector<int> delayed;
    for (const Client& client : clients) {
      if (client.delays[month] > 0) delayed.push_back(client.delays[month]);
    }
    if (delayed.empty()) continue;
    const double share = static_cast<double>(delayed.size()) / static_cast<double>(clients.size());
    for (Client& client : clients) {
      if (client.delays[month] <= 0 && draws.Chance(share / (1 - share))) {
        client.delays[month] = delayed[draws.Below(delayed.size())];
      }
    }
  }
  for (Client& client : clients) {
    client.credit_limit = Cents(client.credit_limit * 1.35);
    for (double& bill : client.bills) bill = Cents(bill * 1.35);
  }
}

std::string ToCsv(const std::vector<Client>& clients, bool labelled) {
  std::string text = "credit_limit,sex,education,marriage,age";
  for (const char* group : {"repayment_status", "bill_amount", "payment_amount"}) {
    for (int month = 1; month <= kMonths; ++month) text += fmt::format(",{}_{}", group, month);
  }
  text += labelled ? ",default_payment_next_month\n" : "\n";
  for (const Client& client : clients) {
    text += fmt::format("{:.2f},{},{},{},{}", client.credit_limit, client.sex, client.education, client.marriage,
                        client.age);
    for (const int delay : client.delays) text += "," + DelayName(delay);
    for (const double bill : client.bills) text += fmt::format(",{:.2f}", bill);
    for (const double payment : client.payments) text += fmt::format(",{:.2f}", payment);
    if (labelled) text += client.defaults ? ",True" : ",False";
    text += "\n";
  }
  return text;
}

std::vector<Client> Draw(Draws& draws, size_t count) {
  std::vector<Client> clients;
  clients.reserve(count);
  for (size_t i = 0; i < count; ++i) clients.push_back(DrawClient(draws));
  return clients;
}

// `count` of the clients, without replacement; all of them in a new order when there are fewer.
std::vector<Client> Sample(Draws& draws, const std::vector<Client>& clients, size_t count) {
  std::vector<size_t> order(clients.size());
  std::iota(order.begin(), order.end(), 0);
  std::vector<Client> sample;
  for (size_t i = 0; i < std::min(count, order.size()); ++i) {
    std::swap(order[i], order[i + draws.Below(order.size() - i)]);
    sample.push_back(clients[order[i]]);
  }
  return sample;
}

}  // namespace

std::string MakeCreditCardClientsCsv(size_t rows, uint64_t seed) {
  Draws draws(seed);
  return ToCsv(Draw(draws, rows), /*labelled=*/true);
}

Status WriteExampleData(const std::filesystem::path& folder, size_t rows, uint64_t seed) {
  if (rows < 100) return InvalidArgument(fmt::format("{} rows are too few for the example: ask for 100 or more", rows));
  Draws draws(seed);
  const std::vector<Client> clients = Draw(draws, rows);
  std::vector<Client> drifted = Sample(draws, clients, kInferenceRows);
  Drift(draws, drifted);
  const auto write = [&](std::string_view path, const std::vector<Client>& part, bool labelled) {
    return WriteFileAtomic(folder / path / "01.csv", ToCsv(part, labelled));
  };
  SLIPWAY_RETURN_IF_ERROR(write("curated", clients, true));
  SLIPWAY_RETURN_IF_ERROR(write("inference/batch", Sample(draws, clients, kBatchRows), false));
  SLIPWAY_RETURN_IF_ERROR(write("inference/stable", Sample(draws, clients, kInferenceRows), false));
  return write("inference/drifted", drifted, false);
}

}  // namespace slipway::cli
