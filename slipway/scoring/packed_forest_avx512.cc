// Walks of one row through 64 trees in AVX-512: four vectors of 16 walks. packed_forest.cc says what was measured.
#include "slipway/scoring/packed_forest.h"

#if defined(__x86_64__)

// GCC 12 warns of what its own intrinsics leave undefined on purpose (GCC bug 105593).
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#endif

#include <cpuid.h>
#include <immintrin.h>

#include <algorithm>
#include <span>

// These functions alone may use the instructions: the program runs on processors without them as well.
#define SLIPWAY_AVX512 __attribute__((target("avx512f")))
#define SLIPWAY_AVX512_INLINE __attribute__((target("avx512f"), always_inline)) inline

namespace slipway::scoring {
namespace {

constexpr size_t kLanesOfVector = 16;
// A sum's leaves that are added at each level of the next walks.
constexpr size_t kLeavesOfLevel = 8;

struct Plan {
  const void* nodes;
  __m512i feature_mask;
  __m128i feature_bits;
  __m512 row[8];  // its slots, in registers: permutations find one, which spares a gather a level
};

struct NodeVectors {
  __m512 values;
  __m512i links;
};

SLIPWAY_AVX512_INLINE __m512 LoadSlots(const float* row, size_t width, size_t first) {
  const size_t count = width <= first ? 0 : std::min(width - first, kLanesOfVector);
  return _mm512_maskz_loadu_ps(static_cast<__mmask16>((1u << count) - 1), row + (count == 0 ? 0 : first));
}

// Two gathers of whole nodes, taken apart.
SLIPWAY_AVX512_INLINE NodeVectors LoadNodes(const Plan& plan, __m512i at) {
  const __m512i evens = _mm512_setr_epi32(0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30);
  const __m512i odds = _mm512_setr_epi32(1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23, 25, 27, 29, 31);
  const __m512i low = _mm512_i32gather_epi64(_mm512_castsi512_si256(at), plan.nodes, 8);
  const __m512i high = _mm512_i32gather_epi64(_mm512_extracti64x4_epi64(at, 1), plan.nodes, 8);
  return {_mm512_castsi512_ps(_mm512_permutex2var_epi32(low, evens, high)), _mm512_permutex2var_epi32(low, odds, high)};
}

// A permutation of two vectors looks at the index's lowest five bits; the other two choose between vectors.
SLIPWAY_AVX512_INLINE __m512 ValuesOf(const Plan& plan, __m512i slots) {
  const __mmask16 has_32 = _mm512_test_epi32_mask(slots, _mm512_set1_epi32(32));
  const __mmask16 has_64 = _mm512_test_epi32_mask(slots, _mm512_set1_epi32(64));
  const __m512 to_31 = _mm512_permutex2var_ps(plan.row[0], slots, plan.row[1]);
  const __m512 to_63 = _mm512_permutex2var_ps(plan.row[2], slots, plan.row[3]);
  const __m512 to_95 = _mm512_permutex2var_ps(plan.row[4], slots, plan.row[5]);
  const __m512 to_127 = _mm512_permutex2var_ps(plan.row[6], slots, plan.row[7]);
  return _mm512_mask_blend_ps(has_64, _mm512_mask_blend_ps(has_32, to_31, to_63),
                              _mm512_mask_blend_ps(has_32, to_95, to_127));
}

SLIPWAY_AVX512_INLINE __m512i Step(const Plan& plan, __m512i at) {
  const NodeVectors nodes = LoadNodes(plan, at);
  const __m512 values = ValuesOf(plan, _mm512_and_si512(nodes.links, plan.feature_mask));
  const __mmask16 goes_right = _mm512_cmp_ps_mask(values, nodes.values, _CMP_NLE_UQ);  // NaN as well
  const __m512i left = _mm512_srl_epi32(nodes.links, plan.feature_bits);
  return _mm512_mask_add_epi32(left, goes_right, left, _mm512_set1_epi32(1));
}

SLIPWAY_AVX512_INLINE bool IsMoving(const Plan& plan, __m512i at) {
  return _mm512_cmpneq_epi32_mask(_mm512_srl_epi32(LoadNodes(plan, at).links, plan.feature_bits), at) != 0;
}

// Where 64 walks are.
struct Walks {
  __m512i a, b, c, d;
};

SLIPWAY_AVX512_INLINE Walks Start(const uint32_t* roots) {
  return {_mm512_loadu_si512(roots), _mm512_loadu_si512(roots + 16), _mm512_loadu_si512(roots + 32),
          _mm512_loadu_si512(roots + 48)};
}

SLIPWAY_AVX512_INLINE void StepAll(const Plan& plan, Walks& walks) {
  walks.a = Step(plan, walks.a);
  walks.b = Step(plan, walks.b);
  walks.c = Step(plan, walks.c);
  walks.d = Step(plan, walks.d);
}

SLIPWAY_AVX512_INLINE bool IsAnyMoving(const Plan& plan, const Walks& walks) {
  return IsMoving(plan, walks.a) || IsMoving(plan, walks.b) || IsMoving(plan, walks.c) || IsMoving(plan, walks.d);
}

SLIPWAY_AVX512_INLINE void StorePlaces(const Walks& walks, uint32_t* places) {
  _mm512_storeu_si512(places, walks.a);
  _mm512_storeu_si512(places + 16, walks.b);
  _mm512_storeu_si512(places + 32, walks.c);
  _mm512_storeu_si512(places + 48, walks.d);
}

SLIPWAY_AVX512_INLINE void StoreValues(const Plan& plan, const Walks& walks, float* values) {
  _mm512_storeu_ps(values, _mm512_i32gather_ps(walks.a, plan.nodes, 8));
  _mm512_storeu_ps(values + 16, _mm512_i32gather_ps(walks.b, plan.nodes, 8));
  _mm512_storeu_ps(values + 32, _mm512_i32gather_ps(walks.c, plan.nodes, 8));
  _mm512_storeu_ps(values + 48, _mm512_i32gather_ps(walks.d, plan.nodes, 8));
}

// The sum with up to `count` of the leaves, which are taken off. A lone sum's additions wait for one another: those of
// a group of walks are made while the next group waits for its nodes.
SLIPWAY_AVX512_INLINE float AddSome(float sum, std::span<const float>& leaves, size_t count) {
  const std::span<const float> some = leaves.first(std::min(count, leaves.size()));
  for (const float leaf : some) sum += leaf;
  leaves = leaves.subspan(some.size());
  return sum;
}

}  // namespace

// As Intel has them from Sapphire Rapids on, which brought half floats: before, microcode against leaks slows gathers
// down, and AMD's fetch one lane after another.
bool PackedForest::HasFastGathers() noexcept {
  constexpr unsigned kHalfFloats = 1u << 23;
  unsigned eax = 0, ebx = 0, ecx = 0, edx = 0;
  return __builtin_cpu_supports("avx512f") && __builtin_cpu_is("intel") &&
         __get_cpuid_count(7, 0, &eax, &ebx, &ecx, &edx) != 0 && (edx & kHalfFloats) != 0;
}

SLIPWAY_AVX512 size_t PackedForest::ScoreMany(const float* row, size_t width, float& sum, float* sums) const noexcept {
  static_assert(kManyLanes == 4 * kLanesOfVector && kManySlots == 8 * kLanesOfVector && sizeof(Node) == 8);
  Plan plan;
  plan.nodes = nodes_.data();
  plan.feature_mask = _mm512_set1_epi32(static_cast<int>(feature_mask_));
  plan.feature_bits = _mm_cvtsi32_si128(static_cast<int>(feature_bits_));
  for (size_t i = 0; i < 8; ++i) plan.row[i] = LoadSlots(row, width, i * kLanesOfVector);
  float lone_sum = 0;
  float leaves[kManyLanes];
  std::span<const float> left;  // leaves that are not added yet
  size_t tree = 0;
  for (; tree + kManyLanes <= roots_.size(); tree += kManyLanes) {
    const uint32_t* const depths = group_depths_.data() + tree / kLanes;
    const uint32_t depth = *std::max_element(depths, depths + kManyLanes / kLanes);
    Walks walks = Start(roots_.data() + tree);
    for (uint32_t level = 0; level < depth; ++level) {
      lone_sum = AddSome(lone_sum, left, kLeavesOfLevel);
      StepAll(plan, walks);
      if (IsTimeToLook(level, depth) && !IsAnyMoving(plan, walks)) break;
    }
    if (outputs_ == 1) {
      lone_sum = AddSome(lone_sum, left, kManyLanes);
      StoreValues(plan, walks, leaves);
      left = leaves;
    } else {
      uint32_t places[kManyLanes];
      StorePlaces(walks, places);
      for (const uint32_t place : places) AddLeaf(place, sums);
    }
  }
  sum = AddSome(lone_sum, left, kManyLanes);
  return tree;
}

}  // namespace slipway::scoring

#endif
