// Functions of numbers that SQL has not.
#include <cmath>
#include <limits>
#include <string_view>

#include <boost/math/distributions/students_t.hpp>
#include <boost/math/special_functions/beta.hpp>

#include "slipway/base/text.h"
#include "slipway/kql/native/support.h"

namespace slipway::kql::native {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

// Domain errors give NaN.
template <typename Compute>
Value Guarded(const Compute& compute) {
  try {
    return static_cast<double>(compute());
  } catch (const std::exception&) {
    return kNaN;
  }
}

Value Erf(Arguments a) {
  return std::erf(Real(a[0]));
}
Value Erfc(Arguments a) {
  return std::erfc(Real(a[0]));
}
Value BetaCdf(Arguments a) {
  return Guarded([&] { return boost::math::ibeta(Real(a[1]), Real(a[2]), Real(a[0])); });
}
Value BetaInv(Arguments a) {
  if (Real(a[0]) < 0 || Real(a[0]) > 1) return {};
  return Guarded([&] { return boost::math::ibeta_inv(Real(a[1]), Real(a[2]), Real(a[0])); });
}
Value BetaPdf(Arguments a) {
  return Guarded([&] { return boost::math::ibeta_derivative(Real(a[1]), Real(a[2]), Real(a[0])); });
}

// mean1, variance1, count1, mean2, variance2, count2: Welch's t-test, two-sided p.
Value WelchTest(Arguments a) {
  return Guarded([&] {
    const double v1 = Real(a[1]) / Real(a[2]), v2 = Real(a[4]) / Real(a[5]);
    const double t = (Real(a[0]) - Real(a[3])) / std::sqrt(v1 + v2);
    const double freedom = (v1 + v2) * (v1 + v2) / (v1 * v1 / (Real(a[2]) - 1) + v2 * v2 / (Real(a[5]) - 1));
    const boost::math::students_t distribution(freedom);
    return 2 * boost::math::cdf(boost::math::complement(distribution, std::abs(t)));
  });
}

struct Unit {
  std::string_view name;
  double factor;  // of the base unit
};

template <size_t count>
Value Converted(Arguments a, const Unit (&units)[count]) {
  const auto find = [&](std::string_view name) -> const Unit* {
    for (const Unit& unit : units) {
      if (ToLower(unit.name) == ToLower(name)) return &unit;
    }
    return nullptr;
  };
  const Unit *from = find(Text(a[1])), *to = find(Text(a[2]));
  if (from == nullptr || to == nullptr) return {};
  return Real(a[0]) * from->factor / to->factor;
}

constexpr double kPi = 3.14159265358979323846;

constexpr Unit kAngles[] = {{"Arcminute", 1.0 / 60},
                            {"Arcsecond", 1.0 / 3600},
                            {"Centiradian", 0.01 * 180 / kPi},
                            {"Deciradian", 18 / kPi},
                            {"Degree", 1},
                            {"Gradian", 0.9},
                            {"Microdegree", 1e-6},
                            {"Microradian", 1e-6 * 180 / kPi},
                            {"Millidegree", 1e-3},
                            {"Milliradian", 1e-3 * 180 / kPi},
                            {"Nanodegree", 1e-9},
                            {"Nanoradian", 1e-9 * 180 / kPi},
                            {"NatoMil", 360.0 / 6400},
                            {"Radian", 180 / kPi},
                            {"Revolution", 360},
                            {"Tilt", 90}};
constexpr Unit kEnergies[] = {{"BritishThermalUnit", 1055.05585262},
                              {"Calorie", 4.184},
                              {"ElectronVolt", 1.602176634e-19},
                              {"Erg", 1e-7},
                              {"FootPound", 1.3558179483314004},
                              {"GigawattHour", 3.6e12},
                              {"Horsepower", 2684519.5368856},
                              {"Joule", 1},
                              {"Kilocalorie", 4184},
                              {"Kilojoule", 1000},
                              {"KilowattHour", 3.6e6},
                              {"Megajoule", 1e6},
                              {"MegawattHour", 3.6e9},
                              {"Millijoule", 1e-3},
                              {"WattHour", 3600}};
constexpr Unit kForces[] = {{"Decanewton", 10},
                            {"Dyn", 1e-5},
                            {"KilogramForce", 9.80665},
                            {"Kilonewton", 1000},
                            {"Kilopond", 9.80665},
                            {"KilopoundForce", 4448.2216152605},
                            {"Meganewton", 1e6},
                            {"Micronewton", 1e-6},
                            {"Millinewton", 1e-3},
                            {"Newton", 1},
                            {"OunceForce", 0.27801385095378125},
                            {"Poundal", 0.138254954376},
                            {"PoundForce", 4.4482216152605},
                            {"TonneForce", 9806.65}};
constexpr Unit kLengths[] = {{"Angstrom", 1e-10},    {"AstronomicalUnit", 149597870700.0},
                             {"Centimeter", 0.01},   {"Chain", 20.1168},
                             {"Decimeter", 0.1},     {"Fathom", 1.8288},
                             {"Foot", 0.3048},       {"Hand", 0.1016},
                             {"Hectometer", 100},    {"Inch", 0.0254},
                             {"Kilometer", 1000},    {"LightYear", 9460730472580800.0},
                             {"Meter", 1},           {"Micrometer", 1e-6},
                             {"Mil", 2.54e-5},       {"Mile", 1609.344},
                             {"Millimeter", 1e-3},   {"Nanometer", 1e-9},
                             {"NauticalMile", 1852}, {"Parsec", 3.0856775814913673e16},
                             {"Yard", 0.9144}};
constexpr Unit kMasses[] = {{"Centigram", 1e-5},
                            {"Decigram", 1e-4},
                            {"Decagram", 0.01},
                            {"Grain", 6.479891e-5},
                            {"Gram", 1e-3},
                            {"Hectogram", 0.1},
                            {"Kilogram", 1},
                            {"Kilotonne", 1e6},
                            {"LongTon", 1016.0469088},
                            {"Megatonne", 1e9},
                            {"Microgram", 1e-9},
                            {"Milligram", 1e-6},
                            {"Nanogram", 1e-12},
                            {"Ounce", 0.028349523125},
                            {"Pound", 0.45359237},
                            {"ShortTon", 907.18474},
                            {"Stone", 6.35029318},
                            {"Tonne", 1000}};
constexpr Unit kSpeeds[] = {{"CentimeterPerHour", 0.01 / 3600},
                            {"CentimeterPerMinute", 0.01 / 60},
                            {"CentimeterPerSecond", 0.01},
                            {"FootPerSecond", 0.3048},
                            {"InchPerSecond", 0.0254},
                            {"KilometerPerHour", 1 / 3.6},
                            {"KilometerPerSecond", 1000},
                            {"Knot", 1852.0 / 3600},
                            {"Mach", 340.29},
                            {"MeterPerHour", 1.0 / 3600},
                            {"MeterPerMinute", 1.0 / 60},
                            {"MeterPerSecond", 1},
                            {"MilePerHour", 0.44704},
                            {"YardPerSecond", 0.9144}};
constexpr Unit kVolumes[] = {{"AcreFoot", 1233.48183754752},
                             {"Centiliter", 1e-5},
                             {"CubicCentimeter", 1e-6},
                             {"CubicDecimeter", 1e-3},
                             {"CubicFoot", 0.028316846592},
                             {"CubicInch", 1.6387064e-5},
                             {"CubicKilometer", 1e9},
                             {"CubicMeter", 1},
                             {"CubicMile", 4.168181825440580e9},
                             {"CubicMillimeter", 1e-9},
                             {"CubicYard", 0.764554857984},
                             {"Deciliter", 1e-4},
                             {"Hectoliter", 0.1},
                             {"ImperialGallon", 0.00454609},
                             {"ImperialOunce", 2.84130625e-5},
                             {"Kiloliter", 1},
                             {"Liter", 1e-3},
                             {"Megaliter", 1000},
                             {"Microliter", 1e-9},
                             {"Milliliter", 1e-6},
                             {"OilBarrel", 0.158987294928},
                             {"UsGallon", 0.003785411784},
                             {"UsOunce", 2.95735295625e-5}};

Value ConvertAngle(Arguments a) {
  return Converted(a, kAngles);
}
Value ConvertEnergy(Arguments a) {
  return Converted(a, kEnergies);
}
Value ConvertForce(Arguments a) {
  return Converted(a, kForces);
}
Value ConvertLength(Arguments a) {
  return Converted(a, kLengths);
}
Value ConvertMass(Arguments a) {
  return Converted(a, kMasses);
}
Value ConvertSpeed(Arguments a) {
  return Converted(a, kSpeeds);
}
Value ConvertVolume(Arguments a) {
  return Converted(a, kVolumes);
}

// Scales by way of kelvins: K = value * factor + shift.
struct Scale {
  std::string_view name;
  double factor, shift;
};

Value ConvertTemperature(Arguments a) {
  static constexpr Scale kScales[] = {{"DegreeCelsius", 1, 273.15},
                                      {"DegreeDelisle", -2.0 / 3, 373.15},
                                      {"DegreeFahrenheit", 5.0 / 9, 459.67 * 5 / 9},
                                      {"DegreeNewton", 100.0 / 33, 273.15},
                                      {"DegreeRankine", 5.0 / 9, 0},
                                      {"DegreeReaumur", 1.25, 273.15},
                                      {"DegreeRoemer", 40.0 / 21, 273.15 - 7.5 * 40 / 21},
                                      {"Kelvin", 1, 0},
                                      {"MillidegreeCelsius", 1e-3, 273.15}};
  const Scale *from = nullptr, *to = nullptr;
  for (const Scale& scale : kScales) {
    if (ToLower(scale.name) == ToLower(Text(a[1]))) from = &scale;
    if (ToLower(scale.name) == ToLower(Text(a[2]))) to = &scale;
  }
  if (from == nullptr || to == nullptr) return {};
  return (Real(a[0]) * from->factor + from->shift - to->shift) / to->factor;
}

// Shifts count modulo 64; by a negative number they are null.
Value ShiftLeft(Arguments a) {
  if (Long(a[1]) < 0) return {};
  return static_cast<int64_t>(static_cast<uint64_t>(Long(a[0])) << (Long(a[1]) % 64));
}
Value ShiftRight(Arguments a) {
  if (Long(a[1]) < 0) return {};
  return Long(a[0]) >> (Long(a[1]) % 64);
}

constexpr Function kFunctions[] = {
    {"binary_shift_left", "ll", 'l', ShiftLeft},
    {"binary_shift_right", "ll", 'l', ShiftRight},
    {"erf", "r", 'r', Erf},
    {"erfc", "r", 'r', Erfc},
    {"beta_cdf", "rrr", 'r', BetaCdf},
    {"beta_inv", "rrr", 'r', BetaInv},
    {"beta_pdf", "rrr", 'r', BetaPdf},
    {"welch_test", "rrrrrr", 'r', WelchTest},
    {"convert_angle", "rss", 'r', ConvertAngle},
    {"convert_energy", "rss", 'r', ConvertEnergy},
    {"convert_force", "rss", 'r', ConvertForce},
    {"convert_length", "rss", 'r', ConvertLength},
    {"convert_mass", "rss", 'r', ConvertMass},
    {"convert_speed", "rss", 'r', ConvertSpeed},
    {"convert_temperature", "rss", 'r', ConvertTemperature},
    {"convert_volume", "rss", 'r', ConvertVolume},
};

}  // namespace

std::span<const Function> MathFunctions() {
  return kFunctions;
}

}  // namespace slipway::kql::native
