#include "app/explain_table.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <span>
#include <string_view>

#include "kferry/config/command_line.hpp"

namespace kferry::app {
namespace {

using config::Explanation;

constexpr std::size_t k_columns = 5;
constexpr std::string_view k_not_set = "(not set)";
constexpr std::string_view k_empty = "(empty)";
using Cells = std::array<std::string_view, k_columns>;

Cells cells(const Explanation& row) {
  const std::string_view value = row.decided_alone   ? k_not_set
                                 : row.value.empty() ? k_empty
                                                     : std::string_view(row.value);
  return {row.property, value, row.fate, row.became.empty() ? "-" : std::string_view(row.became),
          row.why};
}

/// Characters of UTF-8.
std::size_t width(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xC0U) != 0x80;
  }));
}

void append_line(std::string& out, const Cells& line,
                 const std::array<std::size_t, k_columns>& widths) {
  std::string text = " ";
  for (std::size_t i = 0; i < k_columns; ++i) {
    text += fmt::format(" {}{}", line[i],
                        std::string(i + 1 == k_columns ? 0 : widths[i] - width(line[i]) + 1, ' '));
  }
  out += text.substr(0, text.find_last_not_of(' ') + 1) + "\n";
}

void append_part(std::string& out, std::span<const Explanation> rows) {
  const Cells title{"PROPERTY", "VALUE", "FATE", "BECAME", "WHY"};
  std::array<std::size_t, k_columns> widths{};
  const auto widen = [&](const Cells& line) {
    for (std::size_t i = 0; i < k_columns; ++i) widths[i] = std::max(widths[i], width(line[i]));
  };
  widen(title);
  for (const auto& row : rows) widen(cells(row));
  out += fmt::format("flow {}, {}\n", rows.front().flow, rows.front().side);
  append_line(out, title, widths);
  for (const auto& row : rows) append_line(out, cells(row), widths);
}

}  // namespace

std::string explain_table(const std::vector<Explanation>& explanations) {
  std::string out;
  for (auto begin = explanations.begin(); begin != explanations.end();) {
    const auto end = std::find_if(begin, explanations.end(), [&](const Explanation& row) {
      return row.flow != begin->flow || row.side != begin->side;
    });
    append_part(out, {begin, end});
    out += "\n";
    begin = end;
  }
  return out;
}

nlohmann::json explain_rows(const std::vector<Explanation>& explanations) {
  nlohmann::json rows = nlohmann::json::array();
  for (const auto& row : explanations) {
    rows.push_back({{"flow", row.flow},
                    {"side", row.side},
                    {"property", row.property},
                    {"value", row.decided_alone ? nlohmann::json() : nlohmann::json(row.value)},
                    {"fate", row.fate},
                    {"became", row.became},
                    {"why", row.why},
                    {"origin", row.decided_alone ? "" : config::to_string(row.origin)}});
  }
  return rows;
}

}  // namespace kferry::app
