// Key records: what is wrapped once is not wrapped again.
#include "parsers/dkim_key.h"

#include "tests/fuzz/must.h"

using namespace postern;

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    auto const record = with_subject_public_key_info(fuzz::text_of(data, size));
    fuzz::must(with_subject_public_key_info(record) == record);
    return 0;
}
