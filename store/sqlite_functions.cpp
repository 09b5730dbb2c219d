#include "store/sqlite_functions.h"

#include <sqlite3.h>

#include <new>
#include <string>
#include <string_view>

#include "store/text.h"

namespace postern {

namespace {

std::string_view text_of(sqlite3_value* value) noexcept {
    auto const* text = reinterpret_cast<char const*>(sqlite3_value_text(value));
    return text == nullptr ? std::string_view{}
                           : std::string_view{text, static_cast<std::size_t>(sqlite3_value_bytes(value))};
}

// What is made of the second argument, which is the same for every row: SQLite keeps it between the calls.
template <class Prepared>
Prepared const& prepared_argument(sqlite3_context* context, sqlite3_value* value) {
    constexpr int argument = 1;
    if (auto const* kept = static_cast<Prepared const*>(sqlite3_get_auxdata(context, argument))) return *kept;
    sqlite3_set_auxdata(context, argument, new Prepared(text_of(value)),
                        [](void* prepared) { delete static_cast<Prepared*>(prepared); });
    auto const* kept = static_cast<Prepared const*>(sqlite3_get_auxdata(context, argument));
    if (kept == nullptr) throw std::bad_alloc();  // SQLite has deleted it for want of memory
    return *kept;
}

// No exception may pass through SQLite's C code.
template <class Function>
void answer(sqlite3_context* context, Function const& function) noexcept {
    try {
        sqlite3_result_int(context, function() ? 1 : 0);
    } catch (std::exception const&) {
        sqlite3_result_error_nomem(context);
    }
}

void found(sqlite3_context* context, int, sqlite3_value** arguments) {
    answer(context,
           [&] { return prepared_argument<FoldedNeedle>(context, arguments[1]).found_in(text_of(arguments[0])); });
}

struct Folded {
    explicit Folded(std::string_view plain) : text(folded_case(plain)) {}
    std::string text;
};

void same(sqlite3_context* context, int, sqlite3_value** arguments) {
    answer(context,
           [&] { return prepared_argument<Folded>(context, arguments[1]).text == folded_case(text_of(arguments[0])); });
}

}  // namespace

void register_functions(SQLite::Database& database) {
    database.createFunction("found", 2, true, nullptr, found);
    database.createFunction("same", 2, true, nullptr, same);
}

}  // namespace postern
