#include "analysis/frame/frame.h"

#include <cstdio>
#include <cstdlib>
#include <utility>

namespace hailong::frame {
namespace {

// A frame with wrong counts would publish wrong results, so a caller's mistake stops the process in
// release too.
void Require(bool condition, const char* what) {
  if (condition) return;
  std::fprintf(stderr, "frame: %s\n", what);
  std::abort();
}

}  // namespace

struct Frame::Block {
  explicit Block(size_t columns) : slots(columns * kColumnStride) {}

  uint16_t units[kBlockRows] = {};
  uint8_t flags[kBlockRows] = {};
  uint8_t counted[kBlockRows] = {};
  std::vector<uint8_t> slots;
};

Frame::Frame(std::vector<Column> columns, size_t unit_count)
    : columns_(std::move(columns)), unit_count_(unit_count) {
  Require(unit_count <= kUnitsMax, "more than kUnitsMax units");
  slot_offsets_.push_back(0);
  for (size_t c = 0; c < columns_.size(); ++c) {
    const uint8_t options = columns_[c].options;
    Require(options >= 1 && options <= kOptionsMax, "a column with options not in 1..kOptionsMax");
    Require(FindColumn(columns_[c].question_id) == c, "a question with two columns");
    slot_offsets_.push_back(slot_offsets_.back() + options + 2u);
  }
  for (int flagged = 0; flagged < 2; ++flagged) {
    counts_[flagged].resize(unit_count * slot_offsets_.back());
    responses_[flagged].resize(unit_count);
  }
}

Frame::~Frame() = default;
Frame::Frame(Frame&& other) noexcept = default;
Frame& Frame::operator=(Frame&& other) noexcept = default;

size_t Frame::Append(const RowView& row) {
  Require(row.unit < unit_count_, "a row of a unit that is not in the frame");
  Require(row.answers.size() == columns_.size(), "a row with another number of answers");
  const size_t in_block = rows_ % kBlockRows;
  if (in_block == 0) blocks_.push_back(std::make_unique<Block>(columns_.size()));
  Block& block = *blocks_.back();
  block.units[in_block] = row.unit;
  block.flags[in_block] = row.flags;
  block.counted[in_block] = row.counted ? 1 : 0;
  for (size_t c = 0; c < columns_.size(); ++c) {
    block.slots[c * kColumnStride + in_block] = ToSlot(c, row.answers[c]);
  }
  if (row.counted) Tally(block, in_block, true);
  return rows_++;
}

void Frame::SetCounted(size_t row, bool counted) {
  Require(row < rows_, "a row that is not in the frame");
  Block& block = *blocks_[row / kBlockRows];
  uint8_t& now = block.counted[row % kBlockRows];
  if ((now != 0) == counted) return;
  now = counted ? 1 : 0;
  Tally(block, row % kBlockRows, counted);
}

void Frame::Tally(const Block& block, size_t row_in_block, bool add) {
  const size_t unit = block.units[row_in_block];
  // Unsigned arithmetic wraps, so this is also how one is taken away.
  const uint32_t one = add ? 1u : ~0u;
  const int planes = block.flags[row_in_block] == 0 ? 1 : 2;
  for (int flagged = 0; flagged < planes; ++flagged) {
    responses_[flagged][unit] += add ? 1 : ~uint64_t{0};
    uint32_t* counts = counts_[flagged].data() + unit * slot_offsets_.back();
    for (size_t c = 0; c < columns_.size(); ++c) {
      counts[slot_offsets_[c] + block.slots[c * kColumnStride + row_in_block]] += one;
    }
  }
}

uint8_t Frame::ToSlot(size_t column, uint8_t answer) const {
  const uint8_t options = columns_[column].options;
  if (answer <= options) return answer;
  Require(answer == kNotApplicable, "an answer beyond the options of its question");
  return static_cast<uint8_t>(options + 1);
}

std::optional<size_t> Frame::FindColumn(std::string_view question_id) const {
  for (size_t c = 0; c < columns_.size(); ++c) {
    if (columns_[c].question_id == question_id) return c;
  }
  return std::nullopt;
}

bool Frame::counted(size_t row) const {
  Require(row < rows_, "a row that is not in the frame");
  return blocks_[row / kBlockRows]->counted[row % kBlockRows] != 0;
}

uint16_t Frame::unit(size_t row) const {
  Require(row < rows_, "a row that is not in the frame");
  return blocks_[row / kBlockRows]->units[row % kBlockRows];
}

uint8_t Frame::flags(size_t row) const {
  Require(row < rows_, "a row that is not in the frame");
  return blocks_[row / kBlockRows]->flags[row % kBlockRows];
}

uint8_t Frame::answer(size_t row, size_t column) const {
  Require(row < rows_ && column < columns_.size(), "a row or column that is not in the frame");
  const uint8_t slot = blocks_[row / kBlockRows]->slots[column * kColumnStride + row % kBlockRows];
  return slot <= columns_[column].options ? slot : kNotApplicable;
}

uint64_t Frame::Responses(size_t unit, bool without_flagged) const {
  Require(unit < unit_count_, "a unit that is not in the frame");
  return responses_[0][unit] - (without_flagged ? responses_[1][unit] : 0);
}

uint64_t Frame::Count(size_t unit, size_t column, uint8_t answer, bool without_flagged) const {
  Require(unit < unit_count_ && column < columns_.size(), "a count that is not in the frame");
  const size_t index = unit * slot_offsets_.back() + slot_offsets_[column] + ToSlot(column, answer);
  return counts_[0][index] - (without_flagged ? counts_[1][index] : 0);
}

BlockView Frame::block(size_t index) const {
  Require(index < blocks_.size(), "a block that is not in the frame");
  const Block& block = *blocks_[index];
  const size_t before = index * kBlockRows;
  return {.rows = rows_ - before < kBlockRows ? rows_ - before : kBlockRows,
          .units = block.units,
          .flags = block.flags,
          .counted = block.counted,
          .slots = block.slots.data()};
}

size_t Frame::bytes() const {
  size_t bytes = sizeof(Frame) + blocks_.capacity() * sizeof(blocks_[0]) +
                 blocks_.size() * (sizeof(Block) + columns_.size() * kColumnStride);
  for (int flagged = 0; flagged < 2; ++flagged) {
    bytes += counts_[flagged].capacity() * sizeof(uint32_t) +
             responses_[flagged].capacity() * sizeof(uint64_t);
  }
  return bytes;
}

}  // namespace hailong::frame
