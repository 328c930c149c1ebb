#include "mysql/binlog/packed_decimal.h"

#include <array>

namespace sabil::mysql::binlog {

namespace {

constexpr unsigned digits_per_word = 9;
constexpr std::array<std::uint8_t, 10> bytes_of_digits{0, 1, 1, 2, 2, 3, 3, 4, 4, 4};
constexpr std::size_t word_bytes = 4;
constexpr std::size_t packed_bytes_max = 36;

void append_digits(std::string& out, std::uint32_t value, unsigned digits) {
    std::array<char, 10> text{};
    for (unsigned i = digits; i > 0; --i) {
        text[i - 1] = static_cast<char>('0' + value % 10);
        value /= 10;
    }
    out.append(text.data(), digits);
}

// Reads words one after another from the unmasked bytes.
class Words {
  public:
    explicit Words(std::string_view bytes) : bytes_(bytes) {}
    bool append(std::string& out, unsigned digits) {
        constexpr std::array<std::uint32_t, 10> limit{1,      10,      100,      1000,      10000,
                                                      100000, 1000000, 10000000, 100000000, 1000000000};
        std::uint32_t value = 0;
        for (std::size_t i = 0; i < bytes_of_digits[digits]; ++i) {
            value = value << 8 | static_cast<std::uint8_t>(bytes_[at_++]);
        }
        append_digits(out, value, digits);
        return value < limit[digits];
    }

  private:
    std::string_view bytes_;
    std::size_t at_ = 0;
};

}  // namespace

std::size_t packed_decimal_bytes(unsigned precision, unsigned scale) noexcept {
    if (precision == 0 || precision > 65 || scale > 30 || scale > precision) return 0;
    const auto whole = precision - scale;
    return whole / digits_per_word * word_bytes + bytes_of_digits[whole % digits_per_word] +
           scale / digits_per_word * word_bytes + bytes_of_digits[scale % digits_per_word];
}

bool append_packed_decimal(std::string& out, std::string_view bytes, unsigned precision, unsigned scale) {
    if (bytes.empty() || bytes.size() > packed_bytes_max || bytes.size() != packed_decimal_bytes(precision, scale)) {
        return false;
    }
    std::array<char, packed_bytes_max> plain{};
    const bool negative = (static_cast<unsigned char>(bytes.front()) & 0x80) == 0;
    for (std::size_t i = 0; i < bytes.size(); ++i) plain[i] = static_cast<char>(negative ? ~bytes[i] : bytes[i]);
    plain[0] = static_cast<char>(plain[0] ^ '\x80');

    Words words({plain.data(), bytes.size()});
    std::string digits;
    digits.reserve(80);
    bool good = true;
    const auto whole = precision - scale;
    good = words.append(digits, whole % digits_per_word) && good;
    for (unsigned i = 0; i < whole / digits_per_word; ++i) good = words.append(digits, digits_per_word) && good;
    const auto point = digits.size();
    for (unsigned i = 0; i < scale / digits_per_word; ++i) good = words.append(digits, digits_per_word) && good;
    good = words.append(digits, scale % digits_per_word) && good;

    const bool is_zero = digits.find_first_not_of('0') == std::string::npos;
    if (negative && !is_zero) out.push_back('-');
    const auto first = std::min(digits.find_first_not_of('0'), point);
    if (first == point) out.push_back('0');
    out.append(digits, first, point - first);
    if (scale > 0) out.append(".").append(digits, point);
    return good;
}

}  // namespace sabil::mysql::binlog
