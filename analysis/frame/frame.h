// The responses of a round as columns: one byte per answer, and the counts that most results need.
//
// A frame is grown by its owner as responses arrive and read by scoring. Appending a row and
// changing whether a row counts both cost O(columns): they store the row and move integer counts by
// unit, question and step, so that live counts and every estimate of a single question never look
// at a row again. Rows live in blocks of kBlockRows; within a block each column is contiguous,
// which is the order in which scoring reads them.
//
// Threads: any number of readers, or one writer; the caller holds the lock.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace hailong::frame {

// Codes of an answer that is no step: nothing was answered; "not applicable" was.
inline constexpr uint8_t kNoAnswer = 0;
inline constexpr uint8_t kNotApplicable = 255;
// Steps of one question at most.
inline constexpr uint8_t kOptionsMax = 253;
// Units of one frame at most; a row names its unit in 16 bits.
inline constexpr size_t kUnitsMax = 65536;
// Rows of one block.
inline constexpr size_t kBlockRows = 1024;
// From one column of a block to the next; not a power of two, or the same row of all columns would
// fall into the same few cache lines.
inline constexpr size_t kColumnStride = kBlockRows + 64;

// One question. Its answers are 1..options.
struct Column {
  std::string question_id;
  uint8_t options = 0;
};

// One response as it is appended; `answers` has one code per column, in the order of the columns.
struct RowView {
  uint16_t unit = 0;
  // It counts now (it is not superseded, late, ...).
  bool counted = false;
  // Bit f - 1 is set for a flag of number f.
  uint8_t flags = 0;
  std::span<const uint8_t> answers;
};

// A block of rows as scoring reads it. All pointers have `rows` elements and live as long as the
// frame is not written to.
struct BlockView {
  size_t rows = 0;
  const uint16_t* units = nullptr;
  const uint8_t* flags = nullptr;
  // 1: the row counts; 0: it does not.
  const uint8_t* counted = nullptr;
  const uint8_t* slots = nullptr;

  // The answers of a column as slots: the answer 1..options, 0 for no answer, options + 1 for not
  // applicable. Dense, so that a slot can index a table.
  const uint8_t* column(size_t index) const { return slots + index * kColumnStride; }
};

class Frame {
 public:
  // Questions are unique, have 1..kOptionsMax options; unit_count is at most kUnitsMax. Anything
  // else, here and below, is a mistake of the caller and stops the process.
  Frame(std::vector<Column> columns, size_t unit_count);
  ~Frame();
  Frame(Frame&& other) noexcept;
  Frame& operator=(Frame&& other) noexcept;

  // Adds a row and returns its number: 0, 1, 2, ... A row that does not count is kept, since it may
  // count later.
  size_t Append(const RowView& row);

  // Says whether the row counts from now on.
  void SetCounted(size_t row, bool counted);

  size_t rows() const { return rows_; }
  size_t unit_count() const { return unit_count_; }
  const std::vector<Column>& columns() const { return columns_; }
  // The column of a question, if the frame has it.
  std::optional<size_t> FindColumn(std::string_view question_id) const;

  bool counted(size_t row) const;
  uint16_t unit(size_t row) const;
  uint8_t flags(size_t row) const;
  // The answer as it was appended.
  uint8_t answer(size_t row, size_t column) const;

  // Rows of the unit that count; without_flagged: of these, the ones that carry no flag.
  uint64_t Responses(size_t unit, bool without_flagged) const;
  // Of these, the rows with this answer: a step 1..options, kNoAnswer or kNotApplicable.
  uint64_t Count(size_t unit, size_t column, uint8_t answer, bool without_flagged) const;

  size_t block_count() const { return blocks_.size(); }
  BlockView block(size_t index) const;

  // Memory held, in bytes.
  size_t bytes() const;

 private:
  struct Block;

  uint8_t ToSlot(size_t column, uint8_t answer) const;
  // Adds (or takes away) a row of a block to the counts.
  void Tally(const Block& block, size_t row_in_block, bool add);

  std::vector<Column> columns_;
  size_t unit_count_ = 0;
  size_t rows_ = 0;
  std::vector<std::unique_ptr<Block>> blocks_;
  // Where the slots of a column begin within the counts of a unit; the last element is their
  // number.
  std::vector<uint32_t> slot_offsets_;
  // By unit and slot, [0] of all rows that count, [1] of those that count and carry a flag.
  std::vector<uint32_t> counts_[2];
  std::vector<uint64_t> responses_[2];
};

}  // namespace hailong::frame
